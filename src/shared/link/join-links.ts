import type { FrameLink } from './frame-link.ts';

/**
 * Joins two ends of cables: what comes out of one goes into the other, and so does what each side says it takes. When
 * one ends, so does the other.
 */
export function joinLinks(first: FrameLink, second: FrameLink): void {
  forward(first, second);
  forward(second, first);
}

function forward(from: FrameLink, to: FrameLink): void {
  let announcedBytes = 0;
  from.onFrame((frame) => {
    // A side announces before its first frame.
    if (from.maxFrameBytes !== announcedBytes) {
      announcedBytes = from.maxFrameBytes;
      to.announce(announcedBytes);
    }
    to.send(frame);
  });
  from.onClose(() => to.close());
}
