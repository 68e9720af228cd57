import type { Words } from '../words.ts';
import type { notify as en } from '../en/notify.ts';

export const notify: Words<typeof en> = {
  'notify.finished': '{{vm}} 中的 {{command}} 已完成',
  'notify.failed': '{{vm}} 中的 {{command}} 失败',
  'notify.a-command': '命令',
  'notify.after': '用时 {{time}}。',
  'notify.after-code': '用时 {{time}}，退出码 {{code}}。',
  'notify.show': '显示',
  'notify.link-open-title': '打开这台虚拟机？',
  'notify.link-open': '一个链接请求显示“{{name}}”。',
  'notify.link-launch': '一个链接请求显示并启动“{{name}}”。',
  'notify.link-open-confirm': '显示虚拟机',
  'notify.link-launch-confirm': '显示并启动',
  'notify.link-fork-title': '从此快照派生？',
  'notify.link-fork': '一个链接请求从 {{vm}} 的快照“{{name}}”派生一台新虚拟机。',
  'notify.link-fork-confirm': '为派生命名…',
  'notify.link-source': '链接来自其他程序或网页。只有在您预期会打开它时才继续。',
  'notify.link-no-vm': '链接指向名为“{{name}}”的虚拟机，但这里没有。未执行任何操作。',
  'notify.link-no-snapshot': '链接指向名为“{{name}}”的快照，但这里没有。未执行任何操作。',
  'notify.link-several': '有多个项目名为“{{name}}”，链接没有说明是哪一个。未执行任何操作，请自行选择。',
  'notify.link-first-run': '收到一个链接，但还没有虚拟机。请在第一台虚拟机运行后重新打开它。',
};
