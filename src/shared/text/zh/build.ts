import type { Words } from '../words.ts';
import type { build as en } from '../en/build.ts';

export const build: Words<typeof en> = {
  'build.ready': '正在准备',
  'build.step': '第 {{number}} 步，共 {{count}} 步',
  'build.tiny': '精简版',
  'build.tiny-about': '带 BusyBox 的 Linux，体积小，瞬间启动。',
  'build.alpine': 'Alpine',
  'build.alpine-about': '带 apk 软件包的 Alpine Linux，体积小，只需从镜像站下载一次。',
  'build.debian': 'Debian',
  'build.debian-about': '带 apt 软件包的 Debian，体积较大，首次构建需要几分钟。',
};
