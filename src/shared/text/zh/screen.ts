import type { Words } from '../words.ts';
import type { screen as en } from '../en/screen.ts';

export const screen: Words<typeof en> = {
  'screen.name': '屏幕',
  'screen.label': '{{name}} 的屏幕',
  'screen.text': '{{name}} 屏幕上的文字',
  'screen.hint': '键盘和鼠标输入会发送到虚拟机。按 Ctrl+Shift+E 离开屏幕。',
  'screen.leave': 'Ctrl+Shift+E 离开',
  'screen.ctrl-alt-delete': '在虚拟机中按下 Ctrl+Alt+Delete',
  'screen.lock-mouse': '将鼠标交给虚拟机',
  'screen.locked': '鼠标在虚拟机中。按 Esc 收回。',
  'screen.lock-failed': '鼠标未交给虚拟机：窗口必须在最前面。请点按屏幕下方的“将鼠标交给虚拟机”。',
  'screen.whole': '仅按整数倍缩放',
  'screen.save': '保存截图…',
  'screen.saved': '截图已保存为 {{file}}。',
  'screen.nothing-to-save': '屏幕上没有可保存的内容，未写入任何文件。',
  'screen.characters': '{{columns}} × {{rows}} 字符',
  'screen.pixels': '{{width}} × {{height}} 像素',
  'screen.waiting': '正在等待屏幕画面…',
  'screen.paused': '已暂停。继续运行后即可操作。',
  'screen.failed': '无法显示屏幕：{{why}} 虚拟机仍在运行。请关闭此标签页，然后重新打开再试。',
  'screen.unused': '此虚拟机没有在屏幕上显示内容：它的终端在其他标签页中。使用发行版内核的镜像会在这里提供控制台。',
  'screen.too-large':
    '虚拟机设置的屏幕为 {{width}} × {{height}}，超过了此处可显示的 1920 × 1200 像素。请在虚拟机中选择较小的尺寸。',
  'screen.unknown-mode': '虚拟机设置了 v86 无法绘制的图形模式。虚拟机仍在运行，请在其中选择其他模式。',
};
