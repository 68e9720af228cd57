import { addressAt, addressBytes, type IpAddress } from '../wire/address.ts';

/** Option codes (RFC 2132). */
export const OPTION_SUBNET_MASK = 1;
export const OPTION_ROUTER = 3;
export const OPTION_DNS = 6;
export const OPTION_HOST_NAME = 12;
export const OPTION_DOMAIN = 15;
export const OPTION_MTU = 26;
export const OPTION_BROADCAST = 28;
export const OPTION_REQUESTED_ADDRESS = 50;
export const OPTION_LEASE_TIME = 51;
export const OPTION_MESSAGE_TYPE = 53;
export const OPTION_SERVER_ID = 54;
export const OPTION_PARAMETER_LIST = 55;
export const OPTION_MESSAGE = 56;
export const OPTION_RENEWAL_TIME = 58;
export const OPTION_REBINDING_TIME = 59;
export const OPTION_CLIENT_ID = 61;

/** Values of the message type option. */
export const DISCOVER = 1;
export const OFFER = 2;
export const REQUEST = 3;
export const DECLINE = 4;
export const ACK = 5;
export const NAK = 6;
export const RELEASE = 7;
export const INFORM = 8;

export type Options = ReadonlyMap<number, Uint8Array>;

/** A text option's length is one byte. */
const TEXT_MAX_BYTES = 255;

export const u8Option = (value: number): Uint8Array => Uint8Array.of(value);

export const u16Option = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);

export const u32Option = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

export const addressOption = (address: IpAddress): Uint8Array => addressBytes(address).slice();

/** ASCII; what is not becomes a question mark. */
export function textOption(text: string): Uint8Array {
  const length = Math.min(text.length, TEXT_MAX_BYTES);
  return Uint8Array.from({ length }, (_, i) => {
    const code = text.charCodeAt(i);
    return code < 0x80 ? code : 0x3f;
  });
}

export function readU8(options: Options, code: number): number | null {
  const value = options.get(code);
  return value?.length === 1 ? (value[0] ?? 0) : null;
}

export function readU32(options: Options, code: number): number | null {
  const value = options.get(code);
  if (value?.length !== 4) return null;
  return value.reduce((number, octet) => number * 256 + octet, 0);
}

export function readAddress(options: Options, code: number): IpAddress | null {
  const value = options.get(code);
  return value?.length === 4 ? addressAt(value, 0, 4) : null;
}
