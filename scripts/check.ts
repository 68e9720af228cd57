import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { PROJECT_ROOT } from './setup/child.ts';

/** `npm run check`: format, lint, dependency rules, texts outside the catalogue, and types. `--fix` formats and mends what can be mended. */
const fix = process.argv.includes('--fix');
const bin = (name: string): string => path.join(PROJECT_ROOT, 'node_modules', '.bin', name);

const STEPS: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['format', bin('prettier'), [fix ? '--write' : '--check', '--log-level=warn', '.']],
  ['lint', bin('eslint'), fix ? ['--fix', '.'] : ['--max-warnings=0', '.']],
  [
    'dependency rules',
    bin('depcruise'),
    ['--config', '.dependency-cruiser.cjs', 'src', 'relay', 'scripts', 'e2e', 'bench'],
  ],
  ['texts', bin('tsx'), ['scripts/check-texts.ts']],
  ['types: shared', bin('tsc'), ['-p', 'src/shared']],
  ['types: machine', bin('tsc'), ['-p', 'src/machine']],
  ['types: relay stack', bin('tsc'), ['-p', 'relay/stack']],
  ['types: preload', bin('tsc'), ['-p', 'src/preload']],
  ['types: Node', bin('tsc'), ['-p', 'tsconfig.node.json']],
  ['types: e2e', bin('tsc'), ['-p', 'e2e']],
  ['types: renderer', bin('svelte-check'), ['--tsconfig', 'src/renderer/tsconfig.json', '--fail-on-warnings']],
];

let failed = 0;
for (const [name, command, args] of STEPS) {
  const startedMs = Date.now();
  const { status } = spawnSync(command, args, { cwd: PROJECT_ROOT, stdio: 'inherit' });
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
