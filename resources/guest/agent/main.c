#include "agent.h"

enum { NEWS_LINE_MAX = 200, GREETING_BYTES = 4 + 16 + 8 + 4 + 32 };

static u8 body[BODY_MAX];
static u32 body_bytes, body_id;
static int news_file = -1;
/* That the machine is about to stop, once it is: a session that begins after that was said has to hear of it, too. */
static char last_words[NEWS_LINE_MAX];

/* HELLO: session tag, nonce, the time (seconds, 64 bits; nanoseconds), 32 random bytes, a host name or nothing. */
static void say_hello(u8 *payload, u32 bytes) {
  struct { int bits, bytes; u8 seed[32]; } entropy;
  u32 tag, name_bytes = bytes - GREETING_BYTES;
  int random;
  if (bytes < GREETING_BYTES) return;
  command_end_all();
  body_bytes = 0;
  set_clock(payload + 20);
  /* Two machines out of one snapshot would else make the same keys: the kernel mixes this in and starts anew from it. */
  random = sys3(SYS_open, "/dev/urandom", O_WRONLY | O_CLOEXEC, 0);
  if (random >= 0) {
    entropy.bits = 256;
    entropy.bytes = 32;
    copy(entropy.seed, payload + 32, 32);
    sys3(SYS_ioctl, random, RNDADDENTROPY, &entropy);
    sys3(SYS_ioctl, random, RNDRESEEDCRNG, 0);
    sys1(SYS_close, random);
  }
  if (name_bytes > 0 && name_bytes <= 63) sys2(SYS_sethostname, payload + GREETING_BYTES, name_bytes);
  copy(&tag, payload, 4);
  link_reset(tag, payload + 4);
  if (*last_words) link_send(NEWS, 0, last_words, length_of(last_words));
}

/* A request that does not fit into one frame comes in parts, the last one being the request itself. */
static u8 *whole(u32 id, u8 *payload, u32 *bytes) {
  if (body_bytes == 0 || body_id != id) {
    body_bytes = 0;
    return payload;
  }
  if (body_bytes + *bytes > BODY_MAX) {
    body_bytes = 0;
    *bytes = 0;
    return payload;
  }
  copy(body + body_bytes, payload, *bytes);
  *bytes += body_bytes;
  body_bytes = 0;
  return body;
}

void on_frame(u32 kind, u32 id, u8 *payload, u32 bytes) {
  u32 words[2];
  clear(words, sizeof words);
  copy(words, payload, bytes < sizeof words ? bytes : sizeof words);
  switch (kind) {
    case HELLO: say_hello(payload, bytes); break;
    case PART:
      if (body_id != id) body_bytes = 0;
      body_id = id;
      /* What is too long stays so, whatever comes after, and is refused with its last part. */
      if (body_bytes + bytes > BODY_MAX) body_bytes = BODY_MAX + 1;
      else copy(body + body_bytes, payload, bytes), body_bytes += bytes;
      break;
    case CALL: payload = whole(id, payload, &bytes), call(id, payload, bytes); break;
    case EXEC: payload = whole(id, payload, &bytes), command_start(id, payload, bytes); break;
    case INPUT: command_input(id, payload, bytes); break;
    case CREDIT: command_credit(id, words[0], words[1]); break;
    case SIGNAL: command_signal(id, words[0]); break;
    case WINDOW: command_window(id, words[0], words[1]); break;
  }
}

/* Whatever in the guest has something to say to the host writes a line to this FIFO, as init and dhcp do. */
static void open_news(const char *folder) {
  static char path[256];
  path[0] = 0;
  if (append(path, sizeof path, folder) || append(path, sizeof path, "/news")) return;
  sys2(SYS_mkdir, folder, 0755);
  sys1(SYS_unlink, path);
  sys3(SYS_mknod, path, S_IFIFO | 0600, 0);
  /* For both ways, so that it never ends. */
  news_file = sys3(SYS_open, path, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
}

static void read_news(void) {
  static char line[NEWS_LINE_MAX];
  static u32 length;
  char text[256];
  int got = sys3(SYS_read, news_file, text, sizeof text), at;
  for (at = 0; at < got; at++) {
    if (text[at] == '\n') {
      if (length > 0 && length < NEWS_LINE_MAX) {
        line[length] = 0;
        if (equal(line, "off") || equal(line, "reboot")) copy(last_words, line, length + 1);
        link_send(NEWS, 0, line, length);
      }
      length = 0;
    } else if (length < NEWS_LINE_MAX) line[length++] = text[at];
  }
}

static void set_up(const char *folder) {
  enum { SIGPIPE_BIT = 1 << 12 };
  u32 blocked[2];
  int file = sys3(SYS_open, "/dev/null", O_RDWR, 0);
  /* Nothing but frames may get onto the console. */
  if (file >= 0) sys2(SYS_dup2, file, 2), sys1(SYS_close, file);
  /* What whoever started it had open would be open in every command. */
  sys2(SYS_close_range, 3, ~0u);
  blocked[0] = SIGPIPE_BIT;
  blocked[1] = 0;
  sys4(SYS_rt_sigprocmask, SIG_SETMASK, blocked, 0, sizeof blocked);
  sys3(SYS_fcntl64, 0, F_SETFL, O_RDWR | O_NONBLOCK), sys3(SYS_fcntl64, 1, F_SETFL, O_RDWR | O_NONBLOCK);
  link_open();
  open_news(folder);
}

/* @param arguments of the program, the first one being its name: [folder for the FIFO] */
void run(int *arguments) {
  static struct pollfd polls[64 * 5 + 3];
  set_up(arguments[0] > 1 ? (const char *)arguments[2] : "/run/terrarium");
  for (;;) {
    u32 count = command_polls(polls);
    struct pollfd *own = polls + count;
    own[0].fd = 0;
    /* While answers wait no more questions are taken. */
    own[0].events = link_room(32768) ? POLLIN : 0;
    /* Left out while there is nothing to write: the end of whoever reads would else be told again and again. */
    own[1].fd = link_waiting() ? 1 : -1;
    own[1].events = POLLOUT;
    own[2].fd = link_room(32768) ? news_file : -1;
    own[2].events = POLLIN;
    own[0].revents = own[1].revents = own[2].revents = 0;
    if (sys3(SYS_poll, polls, count + 3, -1) < 0) continue;
    command_polled(polls);
    if (own[2].revents & POLLIN) read_news();
    if (own[0].revents) link_receive();
    if (link_waiting() && link_flush() < 0) sys1(SYS_exit, 1);
  }
}

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %esp, %eax\n\tpush %eax\n\tcall run\n");
