/*
 * The guest's agent: what the host asks of a running guest goes through it, over one console. The protocol is in
 * docs/formats/agent.md; src/machine/agent/session.ts is the other end. It sleeps in poll while nobody asks.
 */
#ifndef AGENT_H
#define AGENT_H

#include "sys.h"

/* Frames: kind, reserved, payload length (16 bits), id (32 bits), payload, session tag (32 bits); little-endian. */
enum {
  HEADER_BYTES = 8, TRAILER_BYTES = 4,
  /* From the host a frame fits into what its console takes in one or two pieces, from the guest into one buffer. */
  RECEIVE_PAYLOAD_MAX = 4096, SEND_PAYLOAD_MAX = 16384,
  /* A request as long as Linux lets arguments and environment be. */
  BODY_MAX = 262144
};

enum from_host {
  HELLO = 1, CALL = 2, PART = 3, EXEC = 4, INPUT = 5, CREDIT = 6, SIGNAL = 7, WINDOW = 8
};
enum from_guest {
  REPLY = 0x81, DATA = 0x82, STDOUT = 0x83, STDERR = 0x84, TAKEN = 0x85, STARTED = 0x86, FAILED = 0x87, EXITED = 0x88,
  NEWS = 0x89
};
enum call {
  CALL_PING = 0, CALL_SYNC = 1, CALL_DROP_CACHES = 2, CALL_TERMINAL_SIZE = 3, CALL_NETWORK = 4, CALL_RENEW = 5,
  CALL_CLOCK = 6, CALL_POWER_OFF = 7, CALL_STAT = 8, CALL_LIST = 9, CALL_MAKE_FOLDER = 10, CALL_REMOVE = 11, CALL_RENAME = 12,
  CALL_PUBLISH = 13, CALL_FLUSH = 14
};
/* What was being done when a command could not be started. */
enum stage { STAGE_RESOURCES = 1, STAGE_USER = 2, STAGE_FOLDER = 3, STAGE_PROGRAM = 4 };

/* text.c */
u32 length_of(const char *text);
int equal(const char *a, const char *b);
int starts_with(const char *text, const char *prefix);
void copy(void *to, const void *from, u32 bytes);
void clear(void *at, u32 bytes);
/* The number at the start of the text, or -1; *end is set behind it. */
int number_in(const char *text, const char **end);
/* Appends to a text of at most `capacity` bytes with its end; -1 when it does not fit. */
int append(char *text, u32 capacity, const char *more);
int append_number(char *text, u32 capacity, u32 number);

/* link.c: frames on the console. */
void link_open(void);
/* Takes what arrived; calls on_frame for each whole frame of this session. */
void link_receive(void);
int link_flush(void);
u32 link_waiting(void);
int link_room(u32 payload_bytes);
/* Where the payload of the next frame goes, or 0 when there is no room for that many bytes; link_end sends it. */
u8 *link_begin(u32 payload_bytes);
void link_end(u32 kind, u32 id, u32 payload_bytes);
void link_send(u32 kind, u32 id, const void *payload, u32 payload_bytes);
void link_reply(u32 id, int status, const void *data, u32 data_bytes);
/* Ends the session there was: nothing of it is sent any more. */
void link_reset(u32 tag, const u8 *nonce);
void on_frame(u32 kind, u32 id, u8 *payload, u32 bytes);

/* command.c: programs and jobs, each a child process. */
typedef int job(int output, char *arguments, u32 bytes);
void command_start(u32 id, u8 *body, u32 bytes);
/* Runs a function in a child; what it writes goes out as DATA, what it returns (an errno or 0) as the REPLY. */
void command_job(u32 id, job *function, u8 *arguments, u32 bytes);
void command_input(u32 id, const u8 *bytes, u32 count);
void command_credit(u32 id, u32 stream, u32 bytes);
void command_signal(u32 id, u32 number);
void command_window(u32 id, u32 rows, u32 columns);
/* Kills everything started in the session that ends. */
void command_end_all(void);
u32 command_polls(struct pollfd *polls);
void command_polled(const struct pollfd *polls);

/* start.c. @returns 0 in the child, which shares our memory and must only call start_program, a process id, or -errno */
int start_sharing(void) __attribute__((returns_twice));
/* The child's side of a command. Never returns. */
void start_program(u8 *body, u32 bytes, const int *standard, const char *terminal, int failure);

/* user.c */
struct user { u32 uid, gid, group_count; u32 groups[64]; char name[64], home[256], shell[128]; };
/* Finds a name, `uid` or `uid:gid`. @returns 0 or -errno */
int user_find(const char *wanted, struct user *found);
/* Root as every system has it. @returns 0 */
int user_root(struct user *root);

/* call.c */
void call(u32 id, u8 *arguments, u32 bytes);

/* files.c: jobs on files, and what a reply says of one. */
enum { FACTS_BYTES = 40 };
/* Makes the folders above a path. @returns 0 or -errno */
int make_parents(char *path);
int file_facts(const char *path, int follow, u8 *facts);
job job_list;
job job_publish;
job job_flush;

/* main.c */
/* Seconds in two words, nanoseconds. @returns 0 or -errno */
int set_clock(const u8 *time);

#endif
