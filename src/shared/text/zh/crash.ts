import type { Words } from '../words.ts';
import type { crash as en } from '../en/crash.ts';

export const crash: Words<typeof en> = {
  'crash.vm.title': '{{name}} 已崩溃',
  'crash.vm.failed': '{{name}} 出错了',
  'crash.vm.stopped': '{{name}} 停止工作：{{why}}',
  'crash.vm.kept': '已保存的内容完好无损，其他虚拟机继续运行。',
  'crash.vm.untouched': '它上次保存的状态完好无损。',
  'crash.vm.checkpoint': '上次检查点：{{when}}',
  'crash.vm.snapshot': '上次快照：{{when}}',
  'crash.vm.head': '上次保存：{{when}}',
  'crash.vm.nothing': '尚未保存过任何内容，将从镜像重新启动。',
  'crash.vm.restore-checkpoint': '还原检查点',
  'crash.vm.restore': '还原“{{name}}”',
  'crash.vm.launch': '从上次保存的状态启动',
  'crash.vm.fresh': '从镜像启动',
  'crash.vm.again': '重新启动',
  'crash.vm.details': '详细信息',
  'crash.vm.gone': '它的工作线程意外终止，多半是内存不足。请关闭其他程序或为虚拟机分配更少的内存，然后重新启动。',
  'crash.page.title': '窗口崩溃后已重新打开。',
  'crash.page.ended_other': '{{names}} 随之终止，此前保存的内容完好无损。',
  'crash.again': '窗口已连续多次崩溃。',
  'crash.again-about': '运行中的虚拟机随之终止（{{reason}}），它们的快照和上次挂起的状态完好无损。',
  'crash.reload': '重新加载',
  'crash.quit': '退出',
  'crash.page.launch_other': '重新启动这 {{count}} 台虚拟机',
};
