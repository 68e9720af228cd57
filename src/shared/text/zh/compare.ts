import type { Words } from '../words.ts';
import type { compare as en } from '../en/compare.ts';

export const compare: Words<typeof en> = {
  'compare.menu': '与其他快照比较文件…',
  'compare.title': '比较文件',
  'compare.with': '将“{{name}}”与以下快照比较',
  'compare.none': '没有可与之比较的同镜像快照。',
  'compare.running': '正在读取两个快照…',
  'compare.same': '两者的文件完全相同。',
  'compare.search': '搜索更改',
  'compare.added': '新增',
  'compare.removed': '删除',
  'compare.changed': '更改',
  'compare.counts': '新增 {{added}} · 删除 {{removed}} · 更改 {{changed}}',
  'compare.not-found': '没有路径匹配的更改。',
  'compare.more': '共 {{count}} 项，仅列出前 {{shown}} 项。',
  'compare.content': '内容',
  'compare.mode': '权限',
  'compare.owner': '所有者',
  'compare.target': '链接目标',
  'compare.kind': '类型',
  'compare.list': '更改的文件',
  'compare.direction': '从“{{before}}”到“{{after}}”的更改。',
};
