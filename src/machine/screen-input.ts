import type { ScreenInput } from './screen-frame.ts';

/** A PS/2 packet's movement is one signed byte as v86 queues it; steps are rounded up by one. */
const PACKET_MAX = 126;
/** Farther than across any screen is no movement of a hand. */
const MOVE_MAX = 2048;
/** The longest sequence a person causes at once is Control, Alt and Delete, down and up. */
const CODES_MAX = 64;
/** A PS/2 wheel says up to 7 notches at once. */
const NOTCHES_MAX = 7;

/** Gives what a person does to the guest's keyboard and mouse, by the events of v86's bus. */
export function sendScreenInput(bus: { send(event: string, value: unknown): void }, input: ScreenInput): void {
  switch (input.kind) {
    case 'keys':
      for (const code of input.codes.subarray(0, CODES_MAX)) bus.send('keyboard-code', code);
      break;
    case 'move':
      for (const [dx, dy] of moves(within(input.dx), within(input.dy))) bus.send('mouse-delta', [dx, -dy]);
      bus.send('mouse-absolute', [share(input.x), share(input.y), 1, 1]);
      break;
    case 'buttons':
      bus.send('mouse-click', [input.left, input.middle, input.right]);
      break;
    case 'wheel': {
      const notches = Math.max(-NOTCHES_MAX, Math.min(NOTCHES_MAX, whole(input.notches)));
      // v86 counts upwards, one event a notch as a browser's wheel gives them.
      for (let count = 0; count < Math.abs(notches); count += 1) bus.send('mouse-wheel', [-Math.sign(notches), 0]);
      break;
    }
  }
}

/** A movement in steps that fit into packets, along a straight line. */
export function moves(dx: number, dy: number): readonly (readonly [number, number])[] {
  const steps = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)) / PACKET_MAX);
  return Array.from({ length: steps }, (_, step) => {
    const upTo = (distance: number, count: number): number => Math.trunc((distance * count) / steps);
    return [upTo(dx, step + 1) - upTo(dx, step), upTo(dy, step + 1) - upTo(dy, step)] as const;
  });
}

const whole = (value: number): number => (Number.isFinite(value) ? Math.trunc(value) : 0);
const within = (value: number): number => Math.max(-MOVE_MAX, Math.min(MOVE_MAX, whole(value)));
const share = (value: number): number => (Number.isFinite(value) ? Math.max(0, Math.min(1, value)) : 0);
