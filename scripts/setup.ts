import { parseArgs } from 'node:util';
import { runScript, setup } from './setup/setup.ts';

/** `npm run setup [-- --tests]`: makes a fresh checkout ready to run. `npm start` and `npm test` do it as well. */
void runScript(async (signal, terminal) => {
  const { values } = parseArgs({ options: { tests: { type: 'boolean', default: false } } });
  await setup({ tests: values.tests, signal, terminal });
  return 0;
});
