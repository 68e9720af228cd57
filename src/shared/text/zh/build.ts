import type { Words } from '../words.ts';
import type { build as en } from '../en/build.ts';

export const build: Words<typeof en> = {
  'build.ready': '正在准备',
  'build.step': '第 {{number}} 步，共 {{count}} 步',
  'build.tiny': '精简版',
  'build.tiny-about': '带 BusyBox 的 Linux，体积小，瞬间启动。',
  'build.debian': 'Debian',
  'build.debian-about': '带 apt 软件包的 Debian，体积较大，首次构建需要几分钟。',
  'build.import-title': '从文件新建镜像',
  'build.import-about':
    '32 位 x86 Linux 根文件系统的 tar 归档，或由 “docker save” 导出的容器镜像。其中的程序不会在本机上运行。',
  'build.import-file': '文件',
  'build.import-other-file': '选择其他文件…',
  'build.import-name': '名称',
  'build.import-kernel': '内核',
  'build.import-kernel-auto': '自动',
  'build.import-kernel-auto-about': '优先使用优化内核，不可用时采用发行版内核。',
  'build.import-kernel-tuned': '优化内核',
  'build.import-kernel-tuned-about': '在本机编译一次，数秒即可启动。',
  'build.import-kernel-distro': 'Debian 内核',
  'build.import-kernel-distro-about': '无需编译器，启动较慢。',
  'build.import-memory': '内存',
  'build.import-memory-hint': '基础快照的内存大小；同样大小的虚拟机无需启动过程即可使用。',
  'build.import-start': '构建镜像',
  'build.import-building': '正在构建“{{name}}”',
  'build.import-building-about': '先读取并检查文件，再启动一次。可随时取消。',
  'build.import-done': '“{{name}}”已就绪。',
  'build.import-notes': '注意事项',
  'build.import-new-vm': '新建虚拟机…',
  'build.import-from-file': '从文件新建…',
};
