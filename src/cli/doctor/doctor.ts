import { FailureError, ok, toErr, type Result } from '../../shared/result.ts';
import { defineCommand, type CommandContext } from '../command/command.ts';
import { JSON_OPTION } from '../command/options.ts';
import type { Output } from '../command/output.ts';
import { padToWidth } from '../terminal/display-width.ts';
import type { Style } from '../terminal/style.ts';
import { countText } from '../terminal/units.ts';
import { checkElectron } from './check-electron.ts';
import { checkFolders } from './check-folders.ts';
import { checkImages } from './check-images.ts';
import { checkKernel } from './check-kernel.ts';
import { checkContent } from './check-content.ts';
import { checkPackages } from './check-packages.ts';
import { checkProgram } from './check-program.ts';
import { problem, type Check, type Finding, type Level } from './finding.ts';

const CHECKS: Readonly<Record<string, Check>> = {
  program: checkProgram,
  folders: checkFolders,
  content: checkContent,
  images: checkImages,
  kernel: checkKernel,
  electron: checkElectron,
  packages: checkPackages,
};

const STYLES: Readonly<Record<Level, Style>> = { ok: 'green', warning: 'yellow', problem: 'red' };
/** Wide enough for the longest level and two spaces. */
const LEVEL_COLUMNS = 9;

/** `terrarium doctor` */
export const doctor = defineCommand({
  words: 'doctor',
  operands: [],
  options: {
    fix: {
      kind: 'flag',
      help: 'do what can be done without asking: make folders, remove what nothing needs, build the image tiny',
    },
    json: JSON_OPTION,
  },
  details: `
Each line is ok, a warning (something is less good than it could be) or a problem (something cannot work).
Ends with 0 when there is no problem, else with 1.`,
  run: async (context, { options }) => {
    const { output } = context;
    let findings = await examine(context);
    const fixed: string[] = [];
    const notFixed: string[] = [];
    if (options.fix) {
      for (const { fix } of findings) {
        if (fix === undefined) continue;
        const outcome = await tryFix(context, fix);
        if (!outcome.ok) {
          notFixed.push(outcome.error.message);
          output.complain(outcome.error.message);
        } else {
          fixed.push(outcome.value);
          output.line(outcome.value);
        }
      }
      if (fixed.length > 0) findings = await examine(context);
    }
    const problems = findings.filter(({ level }) => level === 'problem').length;
    output.json({ ok: problems === 0, findings: findings.map(withoutFix), fixed, notFixed });
    print(output, findings, options.fix);
    return problems === 0 ? 0 : 1;
  },
});

async function examine(context: CommandContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  // One after another: some read a lot, and the order is the order of the report.
  for (const [name, check] of Object.entries(CHECKS)) findings.push(...(await examineOne(name, check, context)));
  return findings;
}

/** Whatever keeps a check from being made is a finding, too: what is left must be looked at all the more. */
async function examineOne(name: string, check: Check, context: CommandContext): Promise<readonly Finding[]> {
  try {
    return await check(context);
  } catch (caught) {
    if (context.signal.aborted || !(caught instanceof Error && 'code' in caught)) throw caught;
    return [problem(name, `This could not be checked: ${caught.message}`, 'See to that, then run this again.')];
  }
}

/** What cannot be done is told; the rest may still be done. */
async function tryFix({ signal }: CommandContext, fix: () => Promise<string>): Promise<Result<string>> {
  try {
    return ok(await fix());
  } catch (caught) {
    if (signal.aborted || !(caught instanceof FailureError)) throw caught;
    return toErr(caught);
  }
}

function withoutFix({ check, level, message, advice, fix }: Finding): object {
  return { check, level, message, advice, canFix: fix !== undefined };
}

function print(output: Output, findings: readonly Finding[], wasFixed: boolean): void {
  for (const { level, message, advice } of findings) {
    const label = output.paint(STYLES[level], level) + ' '.repeat(LEVEL_COLUMNS - level.length);
    output.marked(label, message);
    if (advice !== null) output.line(padToWidth('', LEVEL_COLUMNS, 'left') + advice);
  }
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  const counts = [countText(problems, 'problem'), countText(warnings, 'warning')];
  const canFix = !wasFixed && findings.some(({ fix }) => fix !== undefined);
  output.line(`${counts.join(', ')}.${canFix ? ' Some of it can be seen to at once: terrarium doctor --fix' : ''}`);
}
