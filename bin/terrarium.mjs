#!/usr/bin/env node
/** Starts the built command, or says what to do before there is one. */
import { existsSync } from 'node:fs';

/** As package.json's `engines` has it; an older Node would fail at the first line of the program. */
const NODE_MIN = [20, 19];
/** Terrarium itself failed, the `docker run` convention. */
const EXIT_FAILED = 125;

const program = new URL('../out/main/cli.js', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])) {
  fail(`Node ${process.versions.node} is too old. Install Node ${NODE_MIN.join('.')} or newer: https://nodejs.org`);
} else if (existsSync(program)) {
  await import(program.href);
} else {
  fail('Terrarium has not been built yet. Run “npm run build” in its folder, then try again.');
}

/** @param {string} sentence */
function fail(sentence) {
  process.stderr.write(`terrarium: ${sentence}\n`);
  process.exitCode = EXIT_FAILED;
}
