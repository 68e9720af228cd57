import type { Words } from '../words.ts';
import type { workspace as en } from '../en/workspace.ts';

export const workspace: Words<typeof en> = {
  'workspace.tabs': '终端',
  'workspace.panel': '窗格',
  'workspace.new-terminal': '新建终端',
  'workspace.open': '打开终端',
  'workspace.tab-name': '标签页名称',
  'workspace.rang': '有响铃',
  'workspace.close-tab': '关闭{{name}}',
  'workspace.close-pane': '关闭窗格',
  'workspace.border': '窗格之间的边界',
  'workspace.broadcasting': '同步输入',
  'workspace.vm-off': '{{name}} 未在运行。',
  'workspace.import': '导入文件…',
  'workspace.export': '导出文件…',
  'workspace.empty-title': '没有打开的终端',
  'workspace.empty': '虚拟机仍在运行。打开一个终端即可再次查看。',
  'workspace.unreadable': '无法读取 {{name}} 的终端布局，已重新排列。其他内容不受影响。',
  'workspace.refused.tabs': '已有 40 个标签页。请先关闭一个，再打开新的。',
  'workspace.refused.panes': '此标签页已有 16 个窗格。请关闭一个，或打开另一个标签页。',
  'workspace.refused.shells': '此虚拟机已有 24 个 Shell。请先关闭一个，再打开新的。',
};
