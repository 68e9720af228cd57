import type { BuildPlan } from '../../shared/model/image.ts';
import { countText, sizeText } from '../terminal/units.ts';

/** A plan as lines for a person. */
export function planLines(plan: BuildPlan): string[] {
  const { title, parts, downloadBytes, isExact, diskBytes, freeBytes, aboutMs, commandCount, network } = plan;
  const lines = parts.map(({ name, bytes, isCached }) => {
    const size = bytes === null ? 'size known when its lists are fetched' : `about ${sizeText(bytes)}`;
    return `  ${name}: ${isCached ? 'in the cache' : size}`;
  });
  const atLeast = isExact
    ? ''
    : parts.some(({ bytes, isCached }) => bytes === null && !isCached)
      ? 'at least '
      : 'about ';
  const minutes = Math.max(1, Math.round(aboutMs / 60_000));
  const totals = [
    `To fetch: ${downloadBytes === 0 && isExact ? 'nothing' : atLeast + sizeText(downloadBytes)}.`,
    `Disk: about ${sizeText(diskBytes)} of ${sizeText(freeBytes)} free.`,
    `Time: about ${countText(minutes, 'minute')}.`,
  ];
  const commands = commandCount === 0 ? [] : [`${countText(commandCount, 'command')} will run in the new machine.`];
  const reach = network === null ? [] : [`New VMs of it will reach: ${network}.`];
  return [`${title}:`, ...lines, totals.join(' '), ...commands, ...reach];
}
