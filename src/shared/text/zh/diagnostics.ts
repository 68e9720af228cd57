import type { Words } from '../words.ts';
import type { diagnostics as en } from '../en/diagnostics.ts';

export const diagnostics: Words<typeof en> = {
  'diagnostics.save': '保存诊断信息',
  'diagnostics.kind': '诊断信息',
  'diagnostics.saved': '诊断信息已保存（{{size}}），其中不含名称、路径或地址；发送前请先查看。',
};
