import type { Words } from '../words.ts';
import type { quit as en } from '../en/quit.ts';

export const quit: Words<typeof en> = {
  'quit.failed': '部分虚拟机无法挂起',
  'quit.suspending_other': '正在挂起 {{count}} 台虚拟机…',
  'quit.waiting': '等待中',
  'quit.vm-suspending': '正在挂起',
  'quit.suspended': '已挂起',
  'quit.saving-first_other': '先保存 {{count}} 个快照',
  'quit.loses': '现在退出会丢失它们自上次保存以来的改动。',
  'quit.goes-on': '下次启动时，它们会从此刻继续运行。',
  'quit.anyway': '仍要退出',
  'quit.stay': '留下',
  'quit.busy': '虚拟机仍在挂起。',
  'quit.busy-about': '现在退出会丢失它们自上次保存以来的改动。',
  'quit.wait': '等待',
  'quit.now': '立即退出',
};
