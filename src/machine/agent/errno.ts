import { FailureError, type FailureCode } from '../../shared/result.ts';

/** Linux errno values (asm-generic/errno-base.h, errno.h) that have words of their own. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  E2BIG: 7,
  ENOEXEC: 8,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENOSPC: 28,
  EROFS: 30,
  ENAMETOOLONG: 36,
  ENOTEMPTY: 39,
  ELOOP: 40,
} as const;

const WORDS: Readonly<Record<number, readonly [FailureCode, string]>> = {
  [ERRNO.EPERM]: ['bad-input', 'the VM does not permit it'],
  [ERRNO.ENOENT]: ['not-found', 'there is no such file or folder in the VM'],
  [ERRNO.EIO]: ['io', 'the VM reported an input/output error'],
  [ERRNO.E2BIG]: ['limit', 'the answer is longer than Terrarium takes'],
  [ERRNO.EAGAIN]: ['busy', 'the VM is busy with as many requests as it takes; try again in a moment'],
  [ERRNO.ENOMEM]: ['limit', 'the VM is out of memory'],
  [ERRNO.EACCES]: ['bad-input', 'the VM denies access to it'],
  [ERRNO.EBUSY]: ['busy', 'the VM is using it'],
  [ERRNO.EEXIST]: ['exists', 'it exists already'],
  [ERRNO.EXDEV]: ['unsupported', 'the two names are on different file systems of the VM; copy it instead'],
  [ERRNO.ENOTDIR]: ['bad-input', 'a part of that path is not a folder'],
  [ERRNO.EISDIR]: ['exists', 'it is a folder in the VM; choose another name'],
  [ERRNO.EINVAL]: ['bad-input', 'the VM does not take it'],
  [ERRNO.ENOSPC]: ['disk-full', "the VM's file system is full; delete files in it and try again"],
  [ERRNO.EROFS]: ['bad-input', 'that part of the VM is read-only'],
  [ERRNO.ENAMETOOLONG]: ['bad-input', 'the name is too long for Linux'],
  [ERRNO.ENOTEMPTY]: ['bad-input', 'the folder is not empty'],
  [ERRNO.ELOOP]: ['bad-input', 'its symbolic links form a loop'],
};

/** @param what did not happen, as the start of a sentence: “/root/a was not written” */
export function guestFailure(errno: number, what: string): FailureError {
  const [code, words] = WORDS[errno] ?? ['io', `the VM answered with error ${errno}`];
  return new FailureError(code, `${what}: ${words}.`);
}
