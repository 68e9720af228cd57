/** Number of a pane, unique in its workspace. */
export type PaneId = number;
export type Direction = 'left' | 'right' | 'up' | 'down';
/** A row has its children side by side, a column one above the other. */
export type SplitKind = 'row' | 'column';

export interface Leaf<Content> {
  readonly kind: 'leaf';
  readonly pane: PaneId;
  readonly content: Content;
}

export interface Split<Content> {
  readonly kind: SplitKind;
  /** Two or more; none of them is a split of the same kind. */
  readonly children: readonly PaneNode<Content>[];
  /** Each child's share; they sum up to 1. */
  readonly sizes: readonly number[];
}

/** How the area of a tab is divided into panes. Pure: every change gives another tree. */
export type PaneNode<Content> = Leaf<Content> | Split<Content>;

/** The smallest share of a split that a child keeps. */
export const SIZE_MIN = 0.08;

export function leavesOf<Content>(node: PaneNode<Content>): readonly Leaf<Content>[] {
  return node.kind === 'leaf' ? [node] : node.children.flatMap(leavesOf);
}

export function leafOf<Content>(root: PaneNode<Content>, pane: PaneId): Leaf<Content> | null {
  return leavesOf(root).find((leaf) => leaf.pane === pane) ?? null;
}

/** The same panes with other numbers: those of another workspace. */
export function renumbered<Content>(node: PaneNode<Content>, numbers: ReadonlyMap<PaneId, PaneId>): PaneNode<Content> {
  if (node.kind === 'leaf') return { ...node, pane: numbers.get(node.pane) ?? node.pane };
  return { ...node, children: node.children.map((child) => renumbered(child, numbers)) };
}

/** Divides a pane: the new leaf takes half of its place, on that side of it. */
export function splitPane<Content>(
  root: PaneNode<Content>,
  pane: PaneId,
  side: Direction,
  added: Leaf<Content>,
): PaneNode<Content> {
  const kind: SplitKind = side === 'left' || side === 'right' ? 'row' : 'column';
  const isFirst = side === 'left' || side === 'up';
  return mapLeaf(root, pane, (leaf) => ({
    kind,
    children: isFirst ? [added, leaf] : [leaf, added],
    sizes: [0.5, 0.5],
  }));
}

/** Takes a pane out; its neighbours share its place. Null when it was the only one. */
export function withoutPane<Content>(root: PaneNode<Content>, pane: PaneId): PaneNode<Content> | null {
  if (root.kind === 'leaf') return root.pane === pane ? null : root;
  const kept = root.children.flatMap((child, index) => {
    const left = withoutPane(child, pane);
    return left ? [{ child: left, size: root.sizes[index] ?? 0 }] : [];
  });
  return joined(
    root.kind,
    kept.map(({ child }) => child),
    kept.map(({ size }) => size),
  );
}

/** Where a border lies: the split, by the way from the root, and the child before it. */
export interface Border {
  readonly path: readonly number[];
  readonly index: number;
}

/** Moves a border by a share of its split; neither side gets smaller than {@link SIZE_MIN}. */
export function moveBorder<Content>(
  root: PaneNode<Content>,
  { path, index }: Border,
  byShare: number,
): PaneNode<Content> {
  if (root.kind === 'leaf') return root;
  const [step, ...rest] = path;
  if (step !== undefined) {
    const children = root.children.map((child, at) =>
      at === step ? moveBorder(child, { path: rest, index }, byShare) : child,
    );
    return { ...root, children };
  }
  const before = root.sizes[index];
  const after = root.sizes[index + 1];
  if (before === undefined || after === undefined) return root;
  const smallest = Math.min(SIZE_MIN, before, after);
  const by = Math.min(Math.max(byShare, smallest - before), after - smallest);
  return {
    ...root,
    sizes: root.sizes.map((size, at) => (at === index ? size + by : at === index + 1 ? size - by : size)),
  };
}

/** Makes a pane larger (or, with a negative share, smaller) in a direction, as far as it has a border that can move. */
export function growPane<Content>(
  root: PaneNode<Content>,
  pane: PaneId,
  axis: SplitKind,
  byShare: number,
): PaneNode<Content> {
  const border = nearestBorder(root, pane, axis);
  return border ? moveBorder(root, border, border.isAfter ? byShare : -byShare) : root;
}

function nearestBorder<Content>(
  node: PaneNode<Content>,
  pane: PaneId,
  axis: SplitKind,
): (Border & { readonly isAfter: boolean }) | null {
  if (node.kind === 'leaf') return null;
  const at = node.children.findIndex((child) => leafOf(child, pane) !== null);
  const child = node.children[at];
  if (!child) return null;
  const deeper = nearestBorder(child, pane, axis);
  if (deeper) return { ...deeper, path: [at, ...deeper.path] };
  if (node.kind !== axis) return null;
  const isAfter = at < node.children.length - 1;
  return { path: [], index: isAfter ? at : at - 1, isAfter };
}

/** Gives every child of every split the same room. */
export function equalised<Content>(root: PaneNode<Content>): PaneNode<Content> {
  if (root.kind === 'leaf') return root;
  const share = 1 / root.children.length;
  return { ...root, children: root.children.map(equalised), sizes: root.children.map(() => share) };
}

/** A pane's place in its tab, from 0 to 1. */
export interface PaneRect {
  readonly pane: PaneId;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function rectsOf<Content>(
  node: PaneNode<Content>,
  area = { left: 0, top: 0, width: 1, height: 1 },
): readonly PaneRect[] {
  if (node.kind === 'leaf') return [{ pane: node.pane, ...area }];
  let at = 0;
  return node.children.flatMap((child, index) => {
    const size = node.sizes[index] ?? 0;
    const part =
      node.kind === 'row'
        ? { ...area, left: area.left + at * area.width, width: size * area.width }
        : { ...area, top: area.top + at * area.height, height: size * area.height };
    at += size;
    return rectsOf(child, part);
  });
}

/** The pane next to another on the screen, the nearest to its middle; null at the edge. */
export function neighbourOf<Content>(root: PaneNode<Content>, pane: PaneId, direction: Direction): PaneId | null {
  const rects = rectsOf(root);
  const from = rects.find((rect) => rect.pane === pane);
  if (!from) return null;
  const beside = rects
    .filter((rect) => rect.pane !== pane && gap(from, rect, direction) > -1e-6 && overlap(from, rect, direction) > 1e-6)
    .map((rect) => ({ rect, far: gap(from, rect, direction), off: offset(from, rect, direction) }))
    .sort((a, b) => a.far - b.far || a.off - b.off);
  return beside[0]?.rect.pane ?? null;
}

const isSideways = (direction: Direction): boolean => direction === 'left' || direction === 'right';

function gap(from: PaneRect, to: PaneRect, direction: Direction): number {
  switch (direction) {
    case 'left':
      return from.left - (to.left + to.width);
    case 'right':
      return to.left - (from.left + from.width);
    case 'up':
      return from.top - (to.top + to.height);
    case 'down':
      return to.top - (from.top + from.height);
  }
}

function overlap(a: PaneRect, b: PaneRect, direction: Direction): number {
  return isSideways(direction)
    ? Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top)
    : Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
}

function offset(a: PaneRect, b: PaneRect, direction: Direction): number {
  return isSideways(direction)
    ? Math.abs(a.top + a.height / 2 - (b.top + b.height / 2))
    : Math.abs(a.left + a.width / 2 - (b.left + b.width / 2));
}

function mapLeaf<Content>(
  node: PaneNode<Content>,
  pane: PaneId,
  change: (leaf: Leaf<Content>) => PaneNode<Content>,
): PaneNode<Content> {
  if (node.kind === 'leaf') return node.pane === pane ? change(node) : node;
  const children = node.children.map((child) => mapLeaf(child, pane, change));
  return joined(node.kind, children, node.sizes) ?? node;
}

/** A split of these children, as flat as it can be. */
function joined<Content>(
  kind: SplitKind,
  children: readonly PaneNode<Content>[],
  sizes: readonly number[],
): PaneNode<Content> | null {
  const parts = children.flatMap((child, index) => {
    const size = sizes[index] ?? 0;
    if (child.kind !== kind) return [{ child, size }];
    return child.children.map((inner, at) => ({ child: inner, size: size * (child.sizes[at] ?? 0) }));
  });
  const [only] = parts;
  if (parts.length <= 1) return only?.child ?? null;
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  return {
    kind,
    children: parts.map(({ child }) => child),
    sizes: parts.map(({ size }) => (total > 0 ? size / total : 1 / parts.length)),
  };
}
