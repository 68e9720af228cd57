import * as v from 'valibot';
import { networkSettingsSchema, type NetworkSettings } from '../src/shared/model/network.ts';
import { err, ok, type Result } from '../src/shared/result.ts';
import { compilePolicy } from './stack/policy/policy.ts';

/** A VM's network settings from outside, checked down to what its rules mean. The sentence names the place of the error. */
export function readSettings(value: unknown): Result<NetworkSettings> {
  const parsed = v.safeParse(networkSettingsSchema, value);
  if (!parsed.success) return err('bad-input', issueSentence(parsed.issues[0]));
  const compiled = compilePolicy(parsed.output);
  return compiled.ok ? ok(parsed.output) : err('bad-input', compiled.message);
}

/** `rules.2.ports: …`: valibot's first complaint and where it is. */
export function issueSentence(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue);
  return place === null ? `The settings are wrong: ${issue.message}` : `“${place}” is wrong: ${issue.message}`;
}
