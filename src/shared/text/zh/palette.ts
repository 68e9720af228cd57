import type { Words } from '../words.ts';
import type { palette as en } from '../en/palette.ts';

export const palette: Words<typeof en> = {
  'palette.title': '命令面板',
  'palette.search': '搜索命令、虚拟机、快照和设置',
  'palette.results': '结果',
  'palette.none': '没有匹配的项目，换个词试试。',
  'palette.count_other': '{{count}} 个结果',
  'palette.show-vm': '显示 {{name}}',
  'palette.launch-vm': '启动 {{name}}',
  'palette.restore': '将 {{vm}} 还原到“{{name}}”…',
  'palette.fork': '从“{{name}}”派生…',
  'palette.setting': '设置：{{name}}',
  'palette.group-vm': '虚拟机',
  'palette.group-terminal': '终端',
  'palette.group-pane': '窗格',
  'palette.group-snapshot': '快照',
  'palette.group-file': '文件',
  'palette.group-view': '视图',
  'palette.group-app': 'Terrarium',
  'palette.group-setting': '设置',
  'palette.recent': '最近使用',
};
