import type { Words } from '../words.ts';
import type { firstRun as en } from '../en/first-run.ts';

export const firstRun: Words<typeof en> = {
  'first-run.title': '欢迎使用 Terrarium',
  'first-run.about':
    'Terrarium 在一个窗口里养着许多小小的 Linux 计算机：瞬间启动，随时拍摄快照、派生、丢弃。它们运行在本应用内的模拟器中，您在里面做的任何事都不会影响自己的系统。',
  'first-run.not-built': '第一个镜像未构建',
  'first-run.failed': '第一个镜像构建失败',
  'first-run.retry': '重试',
  'first-run.making': '正在创建您的第一台虚拟机…',
  'first-run.building': '正在构建第一个镜像，只需这一次。',
  'first-run.building-label': '正在构建第一个镜像',
  'first-run.cancelling': '正在取消…',
  'first-run.other-build': '另一个构建正在进行，请等待其完成。',
};
