import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DnsTcpFramer, frameDnsOverTcp, QUERY_MAX_BYTES } from './tcp-framer.ts';

test('messages come out as they went in, however the bytes are cut', () => {
  const message = fc.uint8Array({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 40 })), (messages, cuts) => {
      const stream = Uint8Array.from(messages.flatMap((each) => [...frameDnsOverTcp(each)]));
      const framer = new DnsTcpFramer();
      const out: Uint8Array[] = [];
      let at = 0;
      for (let i = 0; at < stream.length; i++) {
        const piece = stream.slice(at, at + (cuts[i] ?? stream.length));
        at += piece.length;
        out.push(...(framer.push(piece) ?? []));
        // The bytes were the framer's only during the call.
        piece.fill(0xee);
      }
      expect(out.map((each) => [...each])).toEqual(messages.map((each) => [...each]));
    }),
  );
});

test('what cannot be a question ends the connection', () => {
  expect(new DnsTcpFramer().push(Uint8Array.of(0, 0))).toBeNull();
  const tooLong = QUERY_MAX_BYTES + 1;
  expect(new DnsTcpFramer().push(Uint8Array.of(tooLong >>> 8, tooLong))).toBeNull();
  const longest = new Uint8Array(QUERY_MAX_BYTES).fill(7);
  expect(new DnsTcpFramer().push(frameDnsOverTcp(longest))).toEqual([longest]);
});
