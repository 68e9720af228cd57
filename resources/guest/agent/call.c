#include "agent.h"

#define HERE "/usr/lib/terrarium/"

int set_clock(const u8 *time) {
  struct timespec64 now;
  clear(&now, sizeof now);
  copy(&now, time, 12);
  return sys2(SYS_clock_settime64, 0, &now);
}

static u32 word(const u8 *arguments, u32 index) {
  u32 value;
  copy(&value, arguments + 4 * index, 4);
  return value;
}

static int run_program(const char *path, char *const *arguments) {
  static char *environment[] = {"PATH=" HERE "bin:/usr/sbin:/usr/bin:/sbin:/bin", 0};
  int how, pid = sys1(SYS_fork, 0);
  if (pid < 0) return pid;
  if (pid == 0) {
    int nothing = sys3(SYS_open, "/dev/null", O_RDWR, 0);
    sys2(SYS_dup2, nothing, 0), sys2(SYS_dup2, nothing, 1), sys2(SYS_dup2, nothing, 2);
    sys2(SYS_close_range, 3, ~0u);
    sys1(SYS_exit, -sys3(SYS_execve, path, arguments, environment));
  }
  sys4(SYS_wait4, pid, &how, 0, 0);
  return how == 0 ? 0 : -EIO;
}

static int job_sync(int output, char *arguments, u32 bytes) {
  (void)output, (void)arguments, (void)bytes;
  return sys1(SYS_sync, 0);
}

static int job_drop_caches(int output, char *arguments, u32 bytes) {
  int error, file;
  job_sync(output, arguments, bytes);
  file = sys3(SYS_open, "/proc/sys/vm/drop_caches", O_WRONLY, 0);
  if (file < 0) return file;
  error = sys3(SYS_write, file, "3", 1);
  return error < 0 ? error : 0;
}

/* The script gets the card's address as text, which is made here of six numbers. */
static int job_network(int output, char *arguments, u32 bytes) {
  static const char digits[] = "0123456789abcdef";
  char address[18];
  char *words[3];
  u32 at;
  (void)output;
  if (bytes != 6) return -EINVAL;
  for (at = 0; at < 6; at++) {
    address[3 * at] = digits[(u8)arguments[at] >> 4];
    address[3 * at + 1] = digits[arguments[at] & 15];
    address[3 * at + 2] = at < 5 ? ':' : 0;
  }
  words[0] = "network";
  words[1] = address;
  words[2] = 0;
  return run_program(HERE "network", words);
}

static int job_renew(int output, char *arguments, u32 bytes) {
  char *words[3];
  (void)output, (void)arguments, (void)bytes;
  words[0] = "network";
  words[1] = "renew";
  words[2] = 0;
  return run_program(HERE "network", words);
}

static int terminal_size(u32 console, u32 rows, u32 columns) {
  char path[] = "/dev/hvc0";
  struct winsize size;
  int error, file;
  if (console > 2) return -EINVAL;
  path[8] = (char)('0' + console);
  file = sys3(SYS_open, path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
  if (file < 0) return file;
  clear(&size, sizeof size);
  size.rows = (u16)rows;
  size.columns = (u16)columns;
  error = sys3(SYS_ioctl, file, TIOCSWINSZ, &size);
  sys1(SYS_close, file);
  return error;
}

static int make_folder(u32 mode, u32 parents, char *path) {
  struct stat64 stat;
  int error = parents ? make_parents(path) : 0;
  if (error) return error;
  error = sys2(SYS_mkdir, path, mode & 07777);
  if (!error) return sys2(SYS_chmod, path, mode & 07777);
  if (error == -EEXIST && parents && sys2(SYS_stat64, path, &stat) == 0 && (stat.mode & S_IFMT) == S_IFDIR) return 0;
  return error;
}

static int remove(const char *path) {
  int error = sys1(SYS_unlink, path);
  return error == -EISDIR || error == -EPERM ? sys1(SYS_rmdir, path) : error;
}

static int rename(const char *from, u32 bytes) {
  const char *to = from + length_of(from) + 1;
  return to < from + bytes ? sys2(SYS_rename, from, to) : -EINVAL;
}

/* How many words come before the text, for calls that have one; the text ends with a zero. */
static int has_text(u8 *arguments, u32 bytes, u32 words) { return bytes > 4 * words && arguments[bytes - 1] == 0; }

void call(u32 id, u8 *arguments, u32 bytes) {
  u8 facts[FACTS_BYTES];
  u32 what = bytes >= 4 ? word(arguments, 0) : 0xffffffff;
  int status = -EINVAL;
  u8 *rest = arguments + 4;
  u32 count = bytes - 4;
  switch (what) {
    case CALL_PING: status = 0; break;
    case CALL_SYNC: command_job(id, job_sync, rest, 0); return;
    case CALL_DROP_CACHES: command_job(id, job_drop_caches, rest, 0); return;
    case CALL_NETWORK: command_job(id, job_network, rest, count); return;
    case CALL_RENEW: command_job(id, job_renew, rest, 0); return;
    case CALL_CLOCK:
      if (count == 12) status = set_clock(rest);
      break;
    case CALL_TERMINAL_SIZE:
      if (count == 12) status = terminal_size(word(rest, 0), word(rest, 1), word(rest, 2));
      break;
    case CALL_POWER_OFF: status = sys2(SYS_kill, 1, SIGUSR2); break;
    case CALL_STAT:
      if (!has_text(rest, count, 1)) break;
      status = file_facts((char *)rest + 4, (int)word(rest, 0), facts);
      link_reply(id, status, facts, status ? 0 : FACTS_BYTES);
      return;
    case CALL_LIST:
      if (!has_text(rest, count, 0)) break;
      command_job(id, job_list, rest, count);
      return;
    case CALL_MAKE_FOLDER:
      if (has_text(rest, count, 2)) status = make_folder(word(rest, 0), word(rest, 1), (char *)rest + 8);
      break;
    case CALL_REMOVE:
      if (has_text(rest, count, 0)) status = remove((char *)rest);
      break;
    case CALL_RENAME:
      if (has_text(rest, count, 0)) status = rename((char *)rest, count);
      break;
    case CALL_PUBLISH:
      if (!has_text(rest, count, 1)) break;
      command_job(id, job_publish, rest, count);
      return;
    case CALL_FLUSH:
      if (!has_text(rest, count, 0)) break;
      command_job(id, job_flush, rest, count);
      return;
  }
  link_reply(id, status, 0, 0);
}
