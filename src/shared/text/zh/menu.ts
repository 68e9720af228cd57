import type { Words } from '../words.ts';
import type { menu as en } from '../en/menu.ts';

export const menu: Words<typeof en> = {
  'menu.machine': '虚拟机(&M)',
  'menu.snapshot': '快照(&S)',
  'menu.edit': '编辑(&E)',
  'menu.terminal': '终端(&T)',
  'menu.files': '文件(&F)',
  'menu.view': '视图(&V)',
  'menu.help': '帮助(&H)',
  'menu.quit': '退出',
  'menu.undo': '撤销',
  'menu.redo': '重做',
  'menu.cut': '剪切',
  'menu.copy': '复制',
  'menu.paste': '粘贴',
  'menu.select-all': '全选',
  'menu.full-screen': '全屏',
  'menu.developer-tools': '开发者工具',
  'menu.tray-show': '显示 Terrarium',
  'menu.tray-none': '没有正在运行的虚拟机',
  'menu.tray-quit': '挂起虚拟机并退出',
};
