#include "agent.h"

/* Two of the longest frames and some: what is written waits here only while the host does not take it. */
#define OUT_BYTES 65536
#define IN_BYTES (2 * (HEADER_BYTES + RECEIVE_PAYLOAD_MAX + TRAILER_BYTES))

/* Fits no frame, so the host finds it in whatever a session before left on the wire. */
static const u8 MARK[8] = {0xff, 'T', 'E', 'R', 'R', 'A', 0xfe, '\n'};
enum { NONCE_BYTES = 16 };

static u8 out[OUT_BYTES], in[IN_BYTES];
static u32 out_start, out_end, in_bytes, session_tag;
static int has_session;

static u32 word_at(const u8 *bytes) { return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (u32)bytes[3] << 24; }

void link_open(void) {
  static const u8 none[NONCE_BYTES];
  struct termios raw;
  if (sys3(SYS_ioctl, 0, TCGETS, &raw) == 0) {
    /* Bytes as they are, both ways; a read returns as soon as there is one. */
    raw.iflag = raw.oflag = raw.lflag = 0;
    raw.cc[5] = 0;
    raw.cc[6] = 1;
    sys3(SYS_ioctl, 0, TCSETS, &raw);
  }
  /* Nobody asked yet: whoever is there hears that a session can begin. */
  copy(out, MARK, sizeof MARK);
  copy(out + sizeof MARK, none, NONCE_BYTES);
  out_end = sizeof MARK + NONCE_BYTES;
}

void link_reset(u32 tag, const u8 *nonce) {
  session_tag = tag;
  has_session = 1;
  out_start = 0;
  copy(out, MARK, sizeof MARK);
  copy(out + sizeof MARK, nonce, NONCE_BYTES);
  out_end = sizeof MARK + NONCE_BYTES;
}

u32 link_waiting(void) { return out_end - out_start; }

int link_room(u32 payload_bytes) {
  return OUT_BYTES - link_waiting() >= HEADER_BYTES + payload_bytes + TRAILER_BYTES;
}

u8 *link_begin(u32 payload_bytes) {
  if (!link_room(payload_bytes)) return 0;
  if (OUT_BYTES - out_end < HEADER_BYTES + payload_bytes + TRAILER_BYTES) {
    copy(out, out + out_start, out_end - out_start);
    out_end -= out_start;
    out_start = 0;
  }
  return out + out_end + HEADER_BYTES;
}

void link_end(u32 kind, u32 id, u32 payload_bytes) {
  u8 *frame = out + out_end;
  frame[0] = (u8)kind;
  frame[1] = 0;
  frame[2] = (u8)payload_bytes;
  frame[3] = (u8)(payload_bytes >> 8);
  copy(frame + 4, &id, 4);
  copy(frame + HEADER_BYTES + payload_bytes, &session_tag, TRAILER_BYTES);
  out_end += HEADER_BYTES + payload_bytes + TRAILER_BYTES;
}

void link_send(u32 kind, u32 id, const void *payload, u32 payload_bytes) {
  u8 *at = has_session ? link_begin(payload_bytes) : 0;
  if (!at) return;
  copy(at, payload, payload_bytes);
  link_end(kind, id, payload_bytes);
}

void link_reply(u32 id, int status, const void *data, u32 data_bytes) {
  u8 *at = has_session ? link_begin(4 + data_bytes) : 0;
  if (!at) return;
  copy(at, &status, 4);
  copy(at + 4, data, data_bytes);
  link_end(REPLY, id, 4 + data_bytes);
}

int link_flush(void) {
  while (out_start < out_end) {
    int written = sys3(SYS_write, 1, out + out_start, out_end - out_start);
    if (written == -EAGAIN || written == -EINTR) return 0;
    if (written <= 0) return -1;
    out_start += (u32)written;
  }
  out_start = out_end = 0;
  return 0;
}

/* How many of the bytes are done with, having looked at their start; there is a header at least. */
static u32 take_frame(u8 *frame, u32 available) {
  u32 kind = frame[0], bytes = frame[2] | frame[3] << 8, tag;
  /* What cannot be a frame is passed over byte by byte. The host sends more of 0xff than the longest frame holds before
     it greets, so that whatever a session before left half done has ended by then. */
  if (kind < HELLO || kind > WINDOW || bytes > RECEIVE_PAYLOAD_MAX) return 1;
  if (available < HEADER_BYTES + bytes + TRAILER_BYTES) return 0;
  tag = word_at(frame + HEADER_BYTES + bytes);
  if (kind == HELLO ? bytes >= 4 && tag == word_at(frame + HEADER_BYTES) : has_session && tag == session_tag)
    on_frame(kind, word_at(frame + 4), frame + HEADER_BYTES, bytes);
  /* Not of this session, and then perhaps no frame either. */
  else return 1;
  return HEADER_BYTES + bytes + TRAILER_BYTES;
}

void link_receive(void) {
  u32 at = 0, taken;
  int got = sys3(SYS_read, 0, in + in_bytes, IN_BYTES - in_bytes);
  if (got == -EAGAIN || got == -EINTR) return;
  if (got <= 0) sys1(SYS_exit, 0);
  in_bytes += (u32)got;
  while (in_bytes - at >= HEADER_BYTES && (taken = take_frame(in + at, in_bytes - at)) > 0) at += taken;
  in_bytes -= at;
  copy(in, in + at, in_bytes);
}
