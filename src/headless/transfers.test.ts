import { expect, it } from 'vitest';
import { TransferTokens } from './transfers.ts';

it('leads a token to its file once, in its direction, while it is lent', async () => {
  const tokens = new TransferTokens();
  const transfer = { path: '/somewhere' };
  let kept = '';
  await tokens.lend('import', transfer, (token) => {
    kept = token;
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(tokens.take('export', token)).toBeNull();
    expect(tokens.take('import', 'f'.repeat(32))).toBeNull();
    expect(tokens.take('import', token)).toBe(transfer);
    expect(tokens.take('import', token)).toBeNull();
    return Promise.resolve();
  });
  await tokens.lend('import', transfer, (token) => {
    expect(token).not.toBe(kept);
    kept = token;
    return Promise.resolve();
  });
  expect(tokens.take('import', kept)).toBeNull();
});
