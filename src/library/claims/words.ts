import type { ProcessMark, Program } from './process-mark.ts';

const WORDS: Record<Program, string> = {
  app: 'the Terrarium app',
  command: 'the terrarium command',
  builder: 'an image build',
  program: 'another program',
};

/** Who has something, for a sentence. */
export function describeHolder({ program, pid }: ProcessMark): string {
  return `${WORDS[program]} (process ${pid})`;
}
