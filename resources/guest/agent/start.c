#include "agent.h"

enum { WORDS_MAX = 8192, VARIABLE_MAX = 512 };
/* Where programs are, root's own first. */
#define PATHS "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static char *arguments[WORDS_MAX + 4], *environment[WORDS_MAX + 16];
static u32 variables;
static int failure_file;

static void fail(enum stage stage, int error) {
  u32 words[2];
  words[0] = stage;
  words[1] = (u32)(error < 0 ? -error : error);
  sys3(SYS_write, failure_file, words, sizeof words);
  sys1(SYS_exit, 127);
}

/*
 * Linux's vfork: a child that shares our memory, and we stand still until it has become its program or ended. In an
 * emulator the copy of our page tables, and of each page that one of the two then writes, costs more than all the
 * rest. The return address is kept in a register: on the stack the child would write over it.
 */
__asm__(".globl start_sharing\nstart_sharing:\n\tpop %edx\n\tmov $190, %eax\n\tint $0x80\n\tpush %edx\n\tret\n");

/* Whether two `NAME=value` have the same name. */
static int same_name(const char *a, const char *b) {
  while (*a && *a == *b && *a != '=') a++, b++;
  return *a == '=' && *b == '=';
}

static void set_default(char *buffer, const char *name, const char *value) {
  u32 at;
  buffer[0] = 0;
  if (append(buffer, VARIABLE_MAX, name) < 0 || append(buffer, VARIABLE_MAX, value) < 0) return;
  for (at = 0; at < variables; at++)
    if (same_name(environment[at], buffer)) return;
  environment[variables++] = buffer;
}

static const char *variable(const char *name) {
  u32 at;
  for (at = 0; at < variables; at++)
    if (starts_with(environment[at], name)) return environment[at] + length_of(name);
  return "";
}

/* @returns -errno when the program is not there, or may not be run */
static int execute(const char *path) {
  int error = sys3(SYS_execve, path, arguments, environment);
  if (error == -ENOEXEC) {
    /* A script without a first line that names its shell: exec(3) gives it to sh. */
    u32 count = 0, at;
    while (arguments[count]) count++;
    for (at = count + 1; at > 0; at--) arguments[at] = arguments[at - 1];
    arguments[0] = "sh";
    arguments[1] = (char *)path;
    sys3(SYS_execve, "/bin/sh", arguments, environment);
    fail(STAGE_PROGRAM, ENOEXEC);
  }
  if (error != -ENOENT && error != -ENOTDIR && error != -EACCES) fail(STAGE_PROGRAM, error);
  return error;
}

static void execute_in_path(const char *program) {
  const char *from = variable("PATH=");
  int denied = 0, error;
  while (*from) {
    static char path[4096];
    u32 length = 0;
    while (from[length] && from[length] != ':') length++;
    if (length > 0 && length + length_of(program) + 2 <= sizeof path) {
      copy(path, from, length);
      path[length] = 0;
      append(path, sizeof path, "/");
      append(path, sizeof path, program);
      /* Asked first: the kernel makes most of a new process before it finds that there is no program. */
      error = sys2(SYS_access, path, X_OK);
      if (error == 0) error = execute(path);
      if (error == -EACCES) denied = 1;
    }
    from += length + (from[length] == ':');
  }
  fail(STAGE_PROGRAM, denied ? EACCES : ENOENT);
}

static void become(const struct user *user) {
  u32 own = (u32)sys1(SYS_getuid32, 0);
  int error;
  /* Root, as the agent is it; and an agent that is not root starts programs as itself and nobody else. */
  if (own == user->uid && (own != 0 || (user->gid == 0 && user->group_count == 1))) return;
  error = sys2(SYS_setgroups32, user->group_count, user->groups);
  if (!error) error = sys3(SYS_setresgid32, user->gid, user->gid, user->gid);
  if (!error) error = sys3(SYS_setresuid32, user->uid, user->uid, user->uid);
  if (error) fail(STAGE_USER, error);
}

static void take_terminal(const char *path, const struct user *user) {
  int file = sys3(SYS_open, path, O_RDWR, 0);
  if (file < 0) fail(STAGE_RESOURCES, file);
  sys3(SYS_ioctl, file, TIOCSCTTY, 0);
  /* Group 5 is tty, as devpts is mounted. */
  sys3(SYS_fchown32, file, user->uid, 5);
  sys2(SYS_dup2, file, 0), sys2(SYS_dup2, file, 1), sys2(SYS_dup2, file, 2);
  if (file > 2) sys1(SYS_close, file);
}

static void take_pipes(const int *standard) {
  int input = standard[0] >= 0 ? standard[0] : sys3(SYS_open, "/dev/null", O_RDONLY | O_CLOEXEC, 0);
  if (input < 0) fail(STAGE_RESOURCES, input);
  sys2(SYS_dup2, input, 0), sys2(SYS_dup2, standard[1], 1), sys2(SYS_dup2, standard[2], 2);
}

void start_program(u8 *body, u32 bytes, const int *standard, const char *terminal, int failure) {
  static struct user user;
  static char home[VARIABLE_MAX], name[VARIABLE_MAX], logname[VARIABLE_MAX], shell[VARIABLE_MAX], path[VARIABLE_MAX];
  static char language[VARIABLE_MAX], term[VARIABLE_MAX], colours[VARIABLE_MAX];
  u32 argument_count = body[6] | body[7] << 8, variable_count = body[8] | body[9] << 8, none[2], at;
  char *text = (char *)body + 10, *end = (char *)body + bytes, *wanted_user, *folder;
  int error;

  /* Of the command before this one. */
  variables = 0;
  failure_file = failure;
  sys1(SYS_setsid, 0);
  clear(none, sizeof none);
  sys4(SYS_rt_sigprocmask, SIG_SETMASK, none, 0, sizeof none);
  sys1(SYS_umask, 022);

  /* The texts: user, folder, arguments, variables; each ends with a zero, the last one included. */
  if (bytes == 10 || end[-1] != 0 || argument_count == 0 || argument_count > WORDS_MAX || variable_count > WORDS_MAX)
    fail(STAGE_PROGRAM, EINVAL);
  wanted_user = text;
  text += length_of(text) + 1;
  folder = text < end ? text : 0;
  if (folder) text += length_of(text) + 1;
  for (at = 0; folder && at < argument_count + variable_count; at++) {
    if (text >= end) fail(STAGE_PROGRAM, EINVAL);
    if (at < argument_count) arguments[at] = text;
    else environment[variables++] = text;
    text += length_of(text) + 1;
  }
  if (!folder) fail(STAGE_PROGRAM, EINVAL);

  /* Of root nothing needs to be looked up, and each file that is costs milliseconds. */
  error = *wanted_user ? user_find(wanted_user, &user) : user_root(&user);
  if (error) fail(STAGE_USER, error);
  set_default(path, "PATH=", PATHS);
  set_default(home, "HOME=", user.home);
  set_default(name, "USER=", user.name);
  set_default(logname, "LOGNAME=", user.name);
  set_default(shell, "SHELL=", user.shell);
  set_default(language, "LANG=", "C.UTF-8");
  if (*terminal) {
    set_default(term, "TERM=", "xterm-256color");
    set_default(colours, "COLORTERM=", "truecolor");
    take_terminal(terminal, &user);
  } else take_pipes(standard);
  become(&user);

  arguments[argument_count] = environment[variables] = 0;
  error = sys1(SYS_chdir, *folder ? folder : user.home);
  /* Not everyone's home is there; a folder that was asked for has to be. */
  if (error && !*folder) error = sys1(SYS_chdir, "/");
  if (error) fail(STAGE_FOLDER, error);
  for (at = 0; arguments[0][at] && arguments[0][at] != '/'; at++) continue;
  if (arguments[0][at] != '/') execute_in_path(arguments[0]);
  fail(STAGE_PROGRAM, execute(arguments[0]));
}
