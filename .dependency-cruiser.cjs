/**
 * Which zone may import which (ARCHITECTURE.md, “Layout”). Everything not allowed here is an error.
 */
const zone = (name) => (name.startsWith('relay') ? `^${name}/` : `^src/${name}/`);

/** Imports of `from` must stay within these zones (and packages, unless a rule says otherwise). */
const only = (from, allowed) => ({
  name: `${from}-imports`,
  comment: `${from} may import ${['itself', ...allowed].join(', ')} only.`,
  severity: 'error',
  from: { path: zone(from), pathNot: '\\.test\\.ts$' },
  to: { path: '^(src|relay|e2e|bench|scripts)/', pathNot: [from, ...allowed].map(zone) },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('shared', []),
    only('machine', ['shared']),
    only('library', ['shared', 'machine']),
    only('images', ['shared', 'machine', 'library']),
    only('relay/stack', ['shared']),
    only('relay', ['shared']),
    only('main', ['shared', 'machine', 'library', 'images', 'relay', 'headless']),
    only('preload', ['shared']),
    only('renderer', ['shared', 'machine']),
    only('headless', ['shared', 'machine', 'library', 'relay']),
    only('cli', ['shared', 'machine', 'library', 'images', 'relay', 'headless']),
    {
      name: 'shared-is-pure',
      comment: 'src/shared does no I/O: no Node, and of packages only the schema library.',
      severity: 'error',
      from: { path: zone('shared'), pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'], pathNot: 'node_modules/(valibot|i18next)/' },
    },
    {
      name: 'relay-stack-is-pure',
      comment: 'relay/stack has no sockets, no clock and no randomness: no Node and no packages.',
      severity: 'error',
      from: { path: zone('relay/stack'), pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    {
      name: 'machine-is-isomorphic',
      comment: 'src/machine runs in a browser worker too; only its two Node files may use Node.',
      severity: 'error',
      from: { path: zone('machine'), pathNot: '(entry-node|node-endpoint)\\.ts$|\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-v86-ts-imports-v86',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/machine/v86\\.ts$' },
      to: { path: 'node_modules/v86/build/.*\\.mjs$' },
    },
    {
      name: 'electron-in-main-and-preload-only',
      severity: 'error',
      from: { path: '^(src|relay)/', pathNot: '^src/(main|preload)/' },
      to: { path: '^(node_modules/electron/|electron$)' },
    },
    {
      name: 'no-tests-in-production',
      severity: 'error',
      from: { path: '^(src|relay)/', pathNot: '\\.(test|conformance|fixture)\\.ts$' },
      to: { path: '\\.(test|conformance|fixture)\\.ts$|^e2e/|^bench/|^scripts/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.node.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
