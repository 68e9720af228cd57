#include "agent.h"

/* Programs and jobs at a time; more are refused, and the host says so. */
enum { COMMANDS_MAX = 64, INPUT_WINDOW_BYTES = 65536, OUTPUT_WINDOW_BYTES = 262144, JOB_OUTPUT_MAX_BYTES = 16777216 };
/* Of what waits for the host, kept free of output for answers and news. */
enum { RESERVED_BYTES = 8192 };
/* Files of one command at most: its end, its input, its two outputs, word of whether it could start. */
enum { ENDED, TO_INPUT, FROM_STDOUT, FROM_STDERR, FAILURE, FILES };

struct command {
  u32 id;
  int is_used, is_job, is_silent, is_killed, has_ended, how, pid;
  int files[FILES];
  u32 credit[2];
  u8 *input;
  u32 input_start, input_bytes;
  int input_is_over;
};

static struct command commands[COMMANDS_MAX];
/* Which file of which command each polled descriptor is. */
static struct { u8 command, file; } polled[COMMANDS_MAX * FILES];
static u32 polled_count;
/* Who comes first when room for output is short: the one behind the last that had some. */
static u32 first_command;

static void close_file(struct command *command, int file) {
  if (command->files[file] >= 0) sys1(SYS_close, command->files[file]);
  command->files[file] = -1;
}

static struct command *find(u32 id) {
  u32 at;
  for (at = 0; at < COMMANDS_MAX; at++)
    if (commands[at].is_used && !commands[at].is_silent && commands[at].id == id) return &commands[at];
  return 0;
}

static struct command *create(u32 id) {
  u32 at, file;
  for (at = 0; at < COMMANDS_MAX && commands[at].is_used; at++) continue;
  if (at == COMMANDS_MAX || find(id)) return 0;
  clear(&commands[at], sizeof commands[at]);
  commands[at].id = id;
  for (file = 0; file < FILES; file++) commands[at].files[file] = -1;
  return &commands[at];
}

static void forget(struct command *command) {
  int file;
  for (file = 0; file < FILES; file++) close_file(command, file);
  if (command->input) sys2(SYS_munmap, command->input, INPUT_WINDOW_BYTES);
  command->is_used = 0;
}

static void close_input(struct command *command) {
  /* A terminal is one file for both ways. */
  if (command->files[TO_INPUT] != command->files[FROM_STDOUT]) close_file(command, TO_INPUT);
  command->files[TO_INPUT] = -1;
  command->input_bytes = 0;
}

/* Stays until it is waited for; whatever a later session calls by this number is another one. */
static void silence(struct command *command) {
  close_input(command);
  close_file(command, FROM_STDOUT), close_file(command, FROM_STDERR), close_file(command, FAILURE);
  command->is_silent = 1;
}

static void failed(u32 id, u32 stage, int error) {
  u32 words[2];
  words[0] = stage;
  words[1] = (u32)error;
  link_send(FAILED, id, words, sizeof words);
}

/* The four pipes of a command. Those of the child are first in each pair for its input, second for its outputs. */
struct pipes { int input[2], output[2], error[2], failure[2]; };

static void close_pair(int *pair) {
  if (pair[0] >= 0) sys1(SYS_close, pair[0]);
  if (pair[1] >= 0) sys1(SYS_close, pair[1]);
}

static int open_pair(int *pair) { return sys2(SYS_pipe2, pair, O_CLOEXEC); }

/* A new terminal. @returns its end for us, or -errno; `name` becomes the path of the other end */
static int open_terminal(char *name, u32 capacity, const struct winsize *size) {
  int number = 0, unlocked = 0, master = sys3(SYS_open, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0);
  if (master < 0) return master;
  if (sys3(SYS_ioctl, master, TIOCSPTLCK, &unlocked) < 0 || sys3(SYS_ioctl, master, TIOCGPTN, &number) < 0) {
    sys1(SYS_close, master);
    return -EIO;
  }
  name[0] = 0;
  append(name, capacity, "/dev/pts/");
  append_number(name, capacity, (u32)number);
  sys3(SYS_ioctl, master, TIOCSWINSZ, size);
  return master;
}

static void set_nonblocking(int file) { sys3(SYS_fcntl64, file, F_SETFL, O_NONBLOCK); }

/* Waits for nothing: whoever called has a pidfd that is polled. */
static int watch_child(struct command *command, int pid) {
  command->pid = pid;
  command->files[ENDED] = sys2(SYS_pidfd_open, pid, 0);
  if (command->files[ENDED] >= 0) return 0;
  sys2(SYS_kill, pid, SIGKILL);
  sys4(SYS_wait4, pid, 0, 0, 0);
  return command->files[ENDED];
}

enum { HAS_TERMINAL = 1, HAS_INPUT = 2 };

void command_start(u32 id, u8 *body, u32 bytes) {
  struct pipes pipes;
  struct winsize size;
  char terminal[32];
  int master = -1, pid, error = 0, standard[3];
  u32 flags;
  struct command *command = create(id);
  if (!command || bytes < 10) {
    failed(id, STAGE_RESOURCES, command ? EINVAL : EAGAIN);
    return;
  }
  flags = body[0];
  clear(&size, sizeof size);
  copy(&size, body + 2, 4);
  terminal[0] = 0;
  /* All ones is -1: a file that is not open. */
  { u32 at; for (at = 0; at < sizeof pipes / sizeof(int); at++) ((int *)&pipes)[at] = -1; }
  error = open_pair(pipes.failure);
  if (!error && flags & HAS_TERMINAL) {
    master = open_terminal(terminal, sizeof terminal, &size);
    if (master < 0) error = master;
  } else if (!error) {
    if (flags & HAS_INPUT) error = open_pair(pipes.input);
    if (!error) error = open_pair(pipes.output);
    if (!error) error = open_pair(pipes.error);
  }
  if (!error && flags & (HAS_INPUT | HAS_TERMINAL)) {
    int memory = syscall6(SYS_mmap2, 0, INPUT_WINDOW_BYTES, PROT_RW, MAP_PRIVATE_ANONYMOUS, -1, 0);
    if (memory < 0 && memory > -4096) error = memory;
    else command->input = (u8 *)memory;
  }
  pid = error ? error : start_sharing();
  if (pid == 0) {
    standard[0] = pipes.input[0];
    standard[1] = pipes.output[1];
    standard[2] = pipes.error[1];
    start_program(body, bytes, standard, terminal, pipes.failure[1]);
  }
  if (pid < 0) error = pid;
  else error = watch_child(command, pid);
  if (error) {
    close_pair(pipes.input), close_pair(pipes.output), close_pair(pipes.error), close_pair(pipes.failure);
    if (master >= 0) sys1(SYS_close, master);
    forget(command);
    failed(id, STAGE_RESOURCES, -error);
    return;
  }
  if (pipes.input[0] >= 0) sys1(SYS_close, pipes.input[0]);
  if (pipes.output[1] >= 0) sys1(SYS_close, pipes.output[1]);
  if (pipes.error[1] >= 0) sys1(SYS_close, pipes.error[1]);
  sys1(SYS_close, pipes.failure[1]);
  command->files[TO_INPUT] = master >= 0 ? master : pipes.input[1];
  command->files[FROM_STDOUT] = master >= 0 ? master : pipes.output[0];
  command->files[FROM_STDERR] = pipes.error[0];
  command->files[FAILURE] = pipes.failure[0];
  { int file; for (file = TO_INPUT; file < FILES; file++)
      if (command->files[file] >= 0) set_nonblocking(command->files[file]); }
  command->credit[0] = command->credit[1] = OUTPUT_WINDOW_BYTES;
  command->is_used = 1;
}

void command_job(u32 id, job *function, u8 *arguments, u32 bytes) {
  int pair[2], pid, error;
  struct command *command = create(id);
  if (!command) {
    link_reply(id, -EAGAIN, 0, 0);
    return;
  }
  error = open_pair(pair);
  if (error) {
    link_reply(id, error, 0, 0);
    return;
  }
  pid = sys1(SYS_fork, 0);
  if (pid == 0) {
    enum { OUTPUT = 3 };
    int result;
    sys1(SYS_setsid, 0);
    /* Or the input of another command would not end while this runs. */
    if (pair[1] != OUTPUT) sys2(SYS_dup2, pair[1], OUTPUT);
    sys2(SYS_close_range, OUTPUT + 1, ~0u);
    result = function(OUTPUT, (char *)arguments, bytes);
    sys1(SYS_exit, result < 0 ? -result : result);
  }
  sys1(SYS_close, pair[1]);
  error = pid < 0 ? pid : watch_child(command, pid);
  if (error) {
    sys1(SYS_close, pair[0]);
    forget(command);
    link_reply(id, error, 0, 0);
    return;
  }
  command->files[FROM_STDOUT] = pair[0];
  set_nonblocking(pair[0]);
  command->credit[0] = JOB_OUTPUT_MAX_BYTES;
  command->is_job = 1;
  command->is_used = 1;
}

void command_input(u32 id, const u8 *bytes, u32 count) {
  struct command *command = find(id);
  u32 free_at;
  if (!command || command->files[TO_INPUT] < 0 || !command->input || command->input_is_over) return;
  if (count == 0) {
    command->input_is_over = 1;
    return;
  }
  /* More than the window is a host that counts wrongly: what does not fit is not made to. */
  if (count > INPUT_WINDOW_BYTES - command->input_bytes) return;
  while (count--) {
    free_at = (command->input_start + command->input_bytes++) % INPUT_WINDOW_BYTES;
    command->input[free_at] = *bytes++;
  }
}

void command_credit(u32 id, u32 stream, u32 bytes) {
  struct command *command = find(id);
  if (!command || command->is_job || stream > 1) return;
  if (bytes <= OUTPUT_WINDOW_BYTES - command->credit[stream]) command->credit[stream] += bytes;
}

/* The session of a process, field 6 of /proc/PID/stat, and its group, the one before; its name, in parentheses, may hold
   anything. */
static int session_of(u32 pid, int *group) {
  char path[32], text[512];
  const char *at = 0;
  int file, got, field;
  path[0] = 0;
  append(path, sizeof path, "/proc/");
  append_number(path, sizeof path, pid);
  append(path, sizeof path, "/stat");
  file = sys3(SYS_open, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return -1;
  got = sys3(SYS_read, file, text, sizeof text - 1);
  sys1(SYS_close, file);
  if (got <= 0) return -1;
  text[got] = 0;
  for (field = 0; field < got; field++)
    if (text[field] == ')') at = text + field + 1;
  for (field = 3; at && field < 6; field++) {
    const char *end;
    while (*at == ' ') at++;
    if (field == 5) *group = number_in(at, &end);
    while (*at && *at != ' ') at++;
  }
  if (!at || !*at) return -1;
  return number_in(at + 1, &at);
}

/* A shell gives each of its jobs a process group, so the group of the command is not all of it. */
static void kill_session(const struct command *command) {
  static u8 entries[4096] __attribute__((aligned(4)));
  int folder, got, at, pass, others = 1, session = command->pid;
  /* Its leader by itself, too: it may not have come as far as to lead one. */
  if (!command->has_ended) sys2(SYS_kill, session, SIGKILL);
  sys2(SYS_kill, -session, SIGKILL);
  /* Again for what those of another group started meanwhile. */
  for (pass = 0; pass < 2 && others; pass++) {
    others = 0;
    folder = sys3(SYS_open, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (folder < 0) return;
    while ((got = sys3(SYS_getdents64, folder, entries, sizeof entries)) > 0)
      for (at = 0; at < got; at += ((struct entry *)(entries + at))->bytes) {
        const char *end;
        int group = 0, pid = number_in(((struct entry *)(entries + at))->name, &end);
        if (pid <= 1 || *end != 0 || session_of((u32)pid, &group) != session || group == session) continue;
        sys2(SYS_kill, pid, SIGKILL);
        others = 1;
      }
    sys1(SYS_close, folder);
  }
}

void command_signal(u32 id, u32 number) {
  struct command *command = find(id);
  if (!command || number == 0 || number > 64) return;
  /* Also after its end: what it left running holds its outputs open, and the number of its session with them. */
  if (number == SIGKILL) {
    command->is_killed = 1;
    kill_session(command);
  } else if (!command->has_ended && sys2(SYS_kill, -command->pid, number) < 0) sys2(SYS_kill, command->pid, number);
}

void command_window(u32 id, u32 rows, u32 columns) {
  struct command *command = find(id);
  struct winsize size;
  clear(&size, sizeof size);
  size.rows = (u16)rows;
  size.columns = (u16)columns;
  /* On pipes the kernel refuses it. */
  if (command && command->files[FROM_STDOUT] >= 0) sys3(SYS_ioctl, command->files[FROM_STDOUT], TIOCSWINSZ, &size);
}

void command_end_all(void) {
  u32 at;
  for (at = 0; at < COMMANDS_MAX; at++) {
    struct command *command = &commands[at];
    if (!command->is_used || command->is_silent) continue;
    kill_session(command);
    silence(command);
  }
}

static void write_input(struct command *command) {
  while (command->input_bytes > 0) {
    u32 run = INPUT_WINDOW_BYTES - command->input_start;
    int written;
    if (run > command->input_bytes) run = command->input_bytes;
    written = sys3(SYS_write, command->files[TO_INPUT], command->input + command->input_start, run);
    if (written == -EAGAIN || written == -EINTR) return;
    if (written <= 0) {
      close_input(command);
      return;
    }
    command->input_start = (command->input_start + (u32)written) % INPUT_WINDOW_BYTES;
    command->input_bytes -= (u32)written;
    link_send(TAKEN, command->id, &written, 4);
  }
  if (!command->input_is_over) return;
  if (command->files[TO_INPUT] == command->files[FROM_STDOUT]) {
    /* The end of input on a terminal is a key: Ctrl-D. */
    sys3(SYS_write, command->files[TO_INPUT], "\004", 1);
    command->files[TO_INPUT] = -1;
  } else close_input(command);
}

/* Sends what there is of an output. Of a command that has ended, that is all it ever printed. */
static void read_output(struct command *command, int stream) {
  int file = FROM_STDOUT + stream;
  while (command->files[file] >= 0 && command->credit[stream] > 0) {
    u32 most = command->credit[stream] < SEND_PAYLOAD_MAX ? command->credit[stream] : SEND_PAYLOAD_MAX;
    u8 *at = link_room(most + RESERVED_BYTES) ? link_begin(most) : 0;
    int got;
    if (!at) return;
    got = sys3(SYS_read, command->files[file], at, most);
    if (got == -EINTR) continue;
    if (got == -EAGAIN && !command->has_ended) return;
    if (got <= 0) {
      if (file == FROM_STDOUT && command->files[TO_INPUT] == command->files[file]) command->files[TO_INPUT] = -1;
      close_file(command, file);
      return;
    }
    link_end(command->is_job ? DATA : stream ? STDERR : STDOUT, command->id, (u32)got);
    command->credit[stream] -= (u32)got;
    first_command = (u32)(command - commands) + 1;
  }
}

static void read_failure(struct command *command) {
  u32 words[2];
  int got = sys3(SYS_read, command->files[FAILURE], words, sizeof words);
  if (got == -EAGAIN || got == -EINTR) return;
  close_file(command, FAILURE);
  if (got == sizeof words) {
    failed(command->id, words[0], (int)words[1]);
    silence(command);
  } else link_send(STARTED, command->id, 0, 0);
}

static void reap(struct command *command) {
  if (sys4(SYS_wait4, command->pid, &command->how, WNOHANG, 0) != command->pid) return;
  command->has_ended = 1;
  close_file(command, ENDED);
  /* Whether it could start comes before how it ended. */
  if (command->files[FAILURE] >= 0) read_failure(command);
  close_input(command);
}

static void tell_end(struct command *command) {
  u32 words[2];
  words[0] = command->how & 0x7f ? 1 : 0;
  words[1] = words[0] ? (u32)command->how & 0x7f : (u32)command->how >> 8 & 0xff;
  if (command->is_job) link_reply(command->id, words[0] ? command->credit[0] ? -EINTR : -E2BIG : -(int)words[1], 0, 0);
  else link_send(EXITED, command->id, words, sizeof words);
}

/* Goes on with a command that has ended. */
static void finish(struct command *command) {
  if (command->is_silent) {
    forget(command);
    return;
  }
  read_output(command, 0);
  read_output(command, 1);
  /* Whoever kills a command does not wait for output that nobody takes. */
  if (command->is_killed && command->credit[0] == 0) close_file(command, FROM_STDOUT);
  if (command->is_killed && command->credit[1] == 0) close_file(command, FROM_STDERR);
  if (command->files[FROM_STDOUT] >= 0 || command->files[FROM_STDERR] >= 0 || !link_room(64)) return;
  tell_end(command);
  forget(command);
}

static void add_poll(struct pollfd *polls, u32 command, int file, int events) {
  struct pollfd *poll = &polls[polled_count];
  poll->fd = commands[command].files[file];
  poll->events = (short)events;
  poll->revents = 0;
  polled[polled_count].command = (u8)command;
  polled[polled_count++].file = (u8)file;
}

u32 command_polls(struct pollfd *polls) {
  u32 turn, first = first_command;
  polled_count = 0;
  for (turn = 0; turn < COMMANDS_MAX; turn++) {
    u32 at = (first + turn) % COMMANDS_MAX;
    struct command *command = &commands[at];
    int file;
    if (!command->is_used) continue;
    /* An answer that is too long has no end that anybody waits for. */
    if (command->is_job && command->credit[0] == 0 && !command->is_killed) command_signal(command->id, SIGKILL);
    if (command->has_ended) finish(command);
    if (!command->is_used || command->has_ended) continue;
    add_poll(polls, at, ENDED, POLLIN);
    if (command->files[FAILURE] >= 0) add_poll(polls, at, FAILURE, POLLIN);
    for (file = FROM_STDOUT; file <= FROM_STDERR; file++)
      if (command->files[file] >= 0 && command->credit[file - FROM_STDOUT] > 0 && link_room(SEND_PAYLOAD_MAX + RESERVED_BYTES))
        add_poll(polls, at, file, POLLIN);
    if (command->files[TO_INPUT] >= 0 && (command->input_bytes > 0 || command->input_is_over))
      add_poll(polls, at, TO_INPUT, POLLOUT);
  }
  return polled_count;
}

void command_polled(const struct pollfd *polls) {
  u32 at;
  for (at = 0; at < polled_count; at++) {
    struct command *command = &commands[polled[at].command];
    /* Closed by one of those before, perhaps. */
    if (!polls[at].revents || command->files[polled[at].file] != polls[at].fd) continue;
    switch (polled[at].file) {
      case ENDED: reap(command); break;
      case FAILURE: read_failure(command); break;
      case TO_INPUT: write_input(command); break;
      default: read_output(command, polled[at].file - FROM_STDOUT);
    }
  }
}
