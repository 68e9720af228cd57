#include "agent.h"

static void put(u8 *at, u32 word) { copy(at, &word, 4); }

static void facts_of(const struct stat64 *stat, int is_on_host, u8 *facts) {
  put(facts, stat->mode);
  put(facts + 4, stat->uid);
  put(facts + 8, stat->gid);
  put(facts + 12, stat->size_low);
  put(facts + 16, stat->size_high);
  put(facts + 20, stat->mtime);
  put(facts + 24, stat->nlink);
  /* The host knows the files it serves by this number. */
  put(facts + 28, stat->ino_low);
  put(facts + 32, stat->ino_high);
  put(facts + 36, (u32)is_on_host);
}

int file_facts(const char *path, int follow, u8 *facts) {
  struct stat64 stat;
  int error = sys2(follow ? SYS_stat64 : SYS_lstat64, path, &stat);
  if (!error) facts_of(&stat, 0, facts);
  return error;
}

static int is_on_host(int file) {
  u32 facts[32];
  return sys3(SYS_fstatfs64, file, 84, facts) == 0 && facts[0] == V9FS_MAGIC;
}

static int write_all(int file, const void *bytes, u32 count) {
  const u8 *from = bytes;
  while (count > 0) {
    int written = sys3(SYS_write, file, from, count);
    if (written == -EINTR) continue;
    if (written <= 0) return written ? written : -EIO;
    from += written;
    count -= (u32)written;
  }
  return 0;
}

/* Entries as mode, size (two words), time, name with its end. */
int job_list(int output, char *path, u32 bytes) {
  static u8 entries[32768] __attribute__((aligned(4)));
  static char full[4096 + 256 + 2];
  u8 facts[FACTS_BYTES];
  int got, at, error, folder = sys3(SYS_open, path, O_RDONLY | O_DIRECTORY, 0);
  (void)bytes;
  if (folder < 0) return folder;
  while ((got = sys3(SYS_getdents64, folder, entries, sizeof entries)) > 0)
    for (at = 0; at < got; at += ((struct entry *)(entries + at))->bytes) {
      const char *name = ((struct entry *)(entries + at))->name;
      if (equal(name, ".") || equal(name, "..")) continue;
      full[0] = 0;
      if (append(full, sizeof full, path) || append(full, sizeof full, "/") || append(full, sizeof full, name))
        return -ENAMETOOLONG;
      /* It may be gone already. */
      if (file_facts(full, 0, facts)) continue;
      copy(facts + 4, facts + 12, 12);
      error = write_all(output, facts, 16);
      if (!error) error = write_all(output, name, length_of(name) + 1);
      if (error) return error;
    }
  return got;
}

/* The file a path leads to when its last part is a symbolic link, so that it is replaced and not the link. */
static int follow_link(const char *path, char *target, u32 capacity) {
  static char self[64];
  struct stat64 stat;
  int file, got;
  if (sys2(SYS_lstat64, path, &stat) || (stat.mode & S_IFMT) != S_IFLNK) return append(target, capacity, path);
  file = sys3(SYS_open, path, O_PATH, 0);
  if (file < 0) return file;
  self[0] = 0;
  append(self, sizeof self, "/proc/self/fd/");
  append_number(self, sizeof self, (u32)file);
  got = sys3(SYS_readlink, self, target, capacity - 1);
  if (got < 0) return got;
  target[got] = 0;
  return 0;
}

int make_parents(char *path) {
  u32 at;
  for (at = 1; path[at]; at++) {
    int error;
    if (path[at] != '/') continue;
    path[at] = 0;
    error = sys2(SYS_mkdir, path, 0755);
    path[at] = '/';
    if (error && error != -EEXIST) return error;
  }
  return 0;
}

/* For another file system, where a rename cannot reach: a copy beside the target, and that renamed. */
static int copy_across(const char *from, const char *to, const struct stat64 *owned, u32 mode) {
  static u8 piece[65536];
  static char beside[4096 + 32];
  int got, error = 0, source = sys3(SYS_open, from, O_RDONLY, 0), target;
  if (source < 0) return source;
  beside[0] = 0;
  if (append(beside, sizeof beside, to) || append(beside, sizeof beside, ".terrarium-")) return -ENAMETOOLONG;
  append_number(beside, sizeof beside, (u32)sys1(SYS_getpid, 0));
  target = sys3(SYS_open, beside, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (target < 0) return target;
  while (!error && (got = sys3(SYS_read, source, piece, sizeof piece)) != 0) {
    if (got == -EINTR) continue;
    error = got < 0 ? got : write_all(target, piece, (u32)got);
  }
  if (!error && owned) error = sys3(SYS_fchown32, target, owned->uid, owned->gid);
  if (!error) error = sys2(SYS_fchmod, target, mode);
  sys1(SYS_close, target);
  if (!error) error = sys2(SYS_rename, beside, to);
  if (error) sys1(SYS_unlink, beside);
  else sys1(SYS_unlink, from);
  return error;
}

/*
 * mode, then two paths: puts a file that the host laid down under its name. Done here, and not by the host, because then
 * the guest's own caches know of it, whatever they held. A file that is there keeps its owner; all ones for a mode keep
 * that, too.
 */
int job_publish(int output, char *arguments, u32 bytes) {
  static char target[4096];
  struct stat64 there;
  u32 mode;
  char *from = arguments + 4, *to = from + length_of(from) + 1;
  int error, is_there;
  (void)output;
  if (to >= arguments + bytes) return -EINVAL;
  copy(&mode, arguments, 4);
  error = make_parents(to);
  if (!error) error = follow_link(to, target, sizeof target);
  if (error) return error;
  is_there = sys2(SYS_stat64, target, &there) == 0;
  if (is_there && (there.mode & S_IFMT) == S_IFDIR) return -EISDIR;
  if (mode == 0xffffffff) mode = is_there ? there.mode & 07777 : 0644;
  /* Before its mode: a change of owner clears the bits that make a program run as its owner. */
  if (is_there) error = sys3(SYS_chown32, from, there.uid, there.gid);
  if (!error) error = sys2(SYS_chmod, from, mode);
  if (!error) error = sys2(SYS_rename, from, target);
  return error == -EXDEV ? copy_across(from, target, is_there ? &there : 0, mode) : error;
}

/* Writes what the guest holds of a file to the host, and says what it is then. */
int job_flush(int output, char *path, u32 bytes) {
  struct stat64 stat;
  u8 facts[FACTS_BYTES];
  /* A FIFO would wait for its other end. */
  int error, file = sys3(SYS_open, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  (void)bytes;
  if (file < 0) return file;
  error = sys2(SYS_fstat64, file, &stat);
  if (!error && (stat.mode & S_IFMT) == S_IFREG && is_on_host(file)) {
    error = sys1(SYS_fsync, file);
    if (!error) error = sys2(SYS_fstat64, file, &stat);
    facts_of(&stat, 1, facts);
  } else facts_of(&stat, 0, facts);
  return error ? error : write_all(output, facts, FACTS_BYTES);
}
