#include "agent.h"

/* Larger files of users than this are read as far as it goes. */
static char file_text[65536];

static void read_file(const char *path) {
  u32 total = 0;
  int got, file = sys3(SYS_open, path, O_RDONLY | O_CLOEXEC, 0);
  file_text[0] = 0;
  if (file < 0) return;
  while (total < sizeof file_text - 1 && (got = sys3(SYS_read, file, file_text + total, sizeof file_text - 1 - total)) > 0)
    total += (u32)got;
  sys1(SYS_close, file);
  file_text[total] = 0;
}

/* Cuts a line into its fields, in place. @returns the start of the next line, or 0 */
static char *cut(char *line, char separator, char **fields, u32 count) {
  static char nothing[1];
  u32 at = 0;
  char *next = 0;
  for (; at < count; at++) fields[at] = nothing;
  fields[0] = line;
  for (at = 0; *line && *line != '\n'; line++)
    if (*line == separator) {
      *line = 0;
      if (++at < count) fields[at] = line + 1;
    }
  if (*line == '\n') next = line + 1;
  *line = 0;
  return next;
}

static u32 number_or(const char *text, u32 otherwise) {
  const char *end;
  int number = number_in(text, &end);
  return number >= 0 && *end == 0 ? (u32)number : otherwise;
}

static void keep(char *to, u32 capacity, const char *text, const char *otherwise) {
  to[0] = 0;
  if (*text == 0 || append(to, capacity, text) < 0) append(to, capacity, otherwise);
}

/* The groups that name the user as a member. */
static void find_groups(struct user *user) {
  char *line, *next, *fields[4], *member, *members[64];
  read_file("/etc/group");
  for (line = *file_text ? file_text : 0; line && user->group_count < 64; line = next) {
    u32 at;
    next = cut(line, ':', fields, 4);
    cut(fields[3], ',', members, 64);
    for (at = 0; at < 64; at++) {
      member = members[at];
      if (*member && equal(member, user->name)) {
        user->groups[user->group_count++] = number_or(fields[2], user->gid);
        break;
      }
    }
  }
}

int user_root(struct user *root) {
  clear(root, sizeof *root);
  root->group_count = 1;
  keep(root->name, sizeof root->name, "root", "");
  keep(root->home, sizeof root->home, "/root", "");
  keep(root->shell, sizeof root->shell, "/bin/sh", "");
  return 0;
}

int user_find(const char *wanted, struct user *found) {
  char *line, *next, *fields[7];
  const char *end;
  int uid = number_in(wanted, &end), gid = -1, is_known = 0;
  if (uid >= 0 && *end == ':') {
    gid = number_in(end + 1, &end);
    if (gid < 0) return -ENOENT;
  }
  if (uid >= 0 && *end != 0) uid = -1;
  clear(found, sizeof *found);
  read_file("/etc/passwd");
  for (line = *file_text ? file_text : 0; line && !is_known; line = next) {
    next = cut(line, ':', fields, 7);
    if (!*fields[2] || (uid >= 0 ? number_or(fields[2], 0xffffffff) != (u32)uid : !equal(fields[0], wanted))) continue;
    is_known = 1;
    found->uid = number_or(fields[2], 65534);
    found->gid = number_or(fields[3], 65534);
    keep(found->name, sizeof found->name, fields[0], "");
    keep(found->home, sizeof found->home, fields[5], "/");
    keep(found->shell, sizeof found->shell, fields[6], "/bin/sh");
  }
  if (!is_known && uid < 0) return -ENOENT;
  if (!is_known) {
    /* A number needs no entry. */
    found->uid = (u32)uid;
    found->gid = (u32)uid;
    append_number(found->name, sizeof found->name, (u32)uid);
    keep(found->home, sizeof found->home, uid == 0 ? "/root" : "/", "/");
    keep(found->shell, sizeof found->shell, "/bin/sh", "");
  }
  if (gid >= 0) found->gid = (u32)gid;
  found->groups[found->group_count++] = found->gid;
  if (is_known && gid < 0) find_groups(found);
  return 0;
}
