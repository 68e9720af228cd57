/*
 * Linux on i386 without a C library: the calls, numbers and structures the agent uses (arch/x86/entry/syscalls/
 * syscall_32.tbl and the uapi headers of Linux 6.1). Every call returns what the kernel does: a result, or -errno.
 */
#ifndef SYS_H
#define SYS_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

enum {
  SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_unlink = 10, SYS_execve = 11,
  SYS_chdir = 12, SYS_mknod = 14, SYS_access = 33, X_OK = 1, SYS_chmod = 15, SYS_sync = 36, SYS_kill = 37, SYS_rename = 38, SYS_mkdir = 39,
  SYS_rmdir = 40, SYS_ioctl = 54, SYS_umask = 60, SYS_dup2 = 63, SYS_setsid = 66, SYS_sethostname = 74,
  SYS_readlink = 85, SYS_munmap = 91, SYS_fchmod = 94, SYS_wait4 = 114, SYS_fsync = 118, SYS_poll = 168,
  SYS_rt_sigprocmask = 175, SYS_mmap2 = 192, SYS_stat64 = 195, SYS_lstat64 = 196, SYS_fstat64 = 197,
  SYS_getuid32 = 199, SYS_getpid = 20, SYS_fcntl64 = 221, F_SETFL = 4,
  SYS_setgroups32 = 206, SYS_fchown32 = 207, SYS_setresuid32 = 208, SYS_setresgid32 = 210, SYS_chown32 = 212, SYS_getdents64 = 220,
  SYS_fstatfs64 = 269, SYS_pipe2 = 331, SYS_clock_settime64 = 404, SYS_pidfd_open = 434, SYS_close_range = 436
};

enum {
  EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, E2BIG = 7, ENOEXEC = 8, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EEXIST = 17,
  EXDEV = 18, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, EPIPE = 32, ENAMETOOLONG = 36, ENOSYS = 38, ELOOP = 40
};

enum {
  O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200, O_NOCTTY = 0400, O_TRUNC = 01000,
  O_NONBLOCK = 04000, O_DIRECTORY = 0200000, O_CLOEXEC = 02000000, O_PATH = 010000000
};

enum { S_IFMT = 0170000, S_IFDIR = 0040000, S_IFREG = 0100000, S_IFLNK = 0120000, S_IFIFO = 0010000 };
enum { POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16 };
enum { SIGKILL = 9, SIGUSR2 = 12, SIG_SETMASK = 2, WNOHANG = 1, PROT_RW = 3, MAP_PRIVATE_ANONYMOUS = 0x22 };
enum {
  TCGETS = 0x5401, TCSETS = 0x5402, TIOCSCTTY = 0x540e, TIOCSWINSZ = 0x5414, TIOCGPTN = 0x80045430,
  TIOCSPTLCK = 0x40045431, RNDADDENTROPY = 0x40085203, RNDRESEEDCRNG = 0x5207
};
/* fs/9p: what statfs says of the file system that the host serves. */
enum { V9FS_MAGIC = 0x01021997 };

struct pollfd { int fd; short events, revents; };
struct winsize { u16 rows, columns, x_pixels, y_pixels; };
struct termios { u32 iflag, oflag, cflag, lflag; u8 line, cc[19]; };
struct timespec64 { u32 seconds_low, seconds_high, nanoseconds, padding; };

/* What getdents64 fills in, one after another; `name` is as long as it is. */
struct entry { u32 ino[2], offset[2]; u16 bytes; u8 type; char name[1]; };

struct stat64 {
  u32 dev[2], pad0, short_ino, mode, nlink, uid, gid, rdev[2], pad3, size_low, size_high, block_bytes, blocks[2];
  u32 atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns, ino_low, ino_high;
};

static inline int syscall6(int number, int a, int b, int c, int d, int e, int f) {
  int result;
  int arguments[2];
  arguments[0] = number;
  arguments[1] = f;
  /* The sixth argument goes in ebp, which the compiler may address its variables by. */
  __asm__ volatile("push %%ebp\n\tmov 4(%%eax), %%ebp\n\tmov (%%eax), %%eax\n\tint $0x80\n\tpop %%ebp"
                   : "=a"(result)
                   : "a"(arguments), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory");
  return result;
}

#define sys1(n, a) syscall6(n, (int)(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b) syscall6(n, (int)(a), (int)(b), 0, 0, 0, 0)
#define sys3(n, a, b, c) syscall6(n, (int)(a), (int)(b), (int)(c), 0, 0, 0)
#define sys4(n, a, b, c, d) syscall6(n, (int)(a), (int)(b), (int)(c), (int)(d), 0, 0)

#endif
