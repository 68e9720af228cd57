import { describe, expect, it } from 'vitest';
import { parseImageId } from '../../../../shared/model/ids.ts';
import { unwrap } from '../../../../shared/result.ts';
import { restoreMisfit } from './restore-fit.ts';

const tiny = unwrap(parseImageId('tiny-1'));
const debian = unwrap(parseImageId('debian-1'));
const vm = { name: 'web', imageId: tiny, memoryMib: 128 };

describe('restoreMisfit', () => {
  it('lets an equal machine through', () => {
    expect(restoreMisfit({ damage: null, imageId: tiny, memoryMib: 128 }, vm)).toBeNull();
  });

  it('names the difference', () => {
    expect(restoreMisfit({ damage: null, imageId: debian, memoryMib: 128 }, vm)).toContain('another image');
    expect(restoreMisfit({ damage: null, imageId: tiny, memoryMib: 256 }, vm)).toContain('256 MiB');
  });

  it('says what is damaged before anything else', () => {
    expect(restoreMisfit({ damage: 'Piece 3 is wrong.', imageId: debian, memoryMib: 1 }, vm)).toBe('Piece 3 is wrong.');
  });
});
