import type { Words } from '../words.ts';
import type { commands as en } from '../en/commands.ts';

export const commands: Words<typeof en> = {
  'command.vm.new': '新建虚拟机…',
  'command.vm.launch': '启动',
  'command.vm.pause': '暂停或继续',
  'command.vm.suspend': '挂起',
  'command.vm.shut-down': '关机',
  'command.vm.restart': '重新启动',
  'command.vm.duplicate': '复制虚拟机',
  'command.vm.rename': '重命名虚拟机',
  'command.vm.delete': '删除虚拟机…',
  'command.vm.next': '下一台虚拟机',
  'command.vm.previous': '上一台虚拟机',
  'command.snapshot.take': '拍摄快照…',
  'command.terminal.find': '在终端中查找',
  'command.terminal.zoom-in': '放大终端文字',
  'command.terminal.zoom-out': '缩小终端文字',
  'command.terminal.zoom-reset': '恢复终端文字大小',
  'command.view.snapshots': '快照面板',
  'command.view.network': '网络面板',
  'command.app.palette': '命令面板…',
  'command.app.settings': '设置',
  'command.app.help': '帮助',
  'command.app.about': '关于 Terrarium',
};
