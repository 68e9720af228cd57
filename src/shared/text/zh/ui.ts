import type { Words } from '../words.ts';
import type { ui as en } from '../en/ui.ts';

export const ui: Words<typeof en> = {
  'ui.close': '关闭',
  'ui.close-panel': '关闭{{title}}',
  'ui.cancel': '取消',
  'ui.save': '保存',
  'ui.rename': '重命名',
  'ui.dismiss': '关闭提示',
  'ui.clear-search': '清除搜索',
  'ui.choose': '请选择…',
  'ui.messages': '消息',
  'ui.undo': '撤销',
  'ui.just-now': '刚刚',
  'ui.minutes-ago': '{{count}} 分钟前',
  'ui.today-at': '今天 {{time}}',
  'ui.yesterday-at': '昨天 {{time}}',
  'ui.unknown-time': '时间未知',
  'ui.age-seconds': '{{count}} 秒',
  'ui.age-minutes': '{{count}} 分钟',
  'ui.age-hours': '{{count}} 小时',
  'ui.left-moment': '还剩几秒',
  'ui.left-seconds': '约剩 {{count}} 秒',
  'ui.left-minutes': '约剩 {{count}} 分钟',
  'ui.left-hours': '约剩 {{count}} 小时',
};
