import type { dialogs as en } from '../en/dialogs.ts';
import type { Words } from '../words.ts';

export const dialogs: Words<typeof en> = {
  'dialogs.cancel': '取消',
  'dialogs.open-address': '在浏览器中打开此地址？',
  'dialogs.open-address-about': '{{address}}\n\n该地址由虚拟机输出。',
  'dialogs.open': '打开',
  'dialogs.import-snapshots': '导入快照',
  'dialogs.export-snapshots': '导出快照',
  'dialogs.snapshots-kind': 'Terrarium 快照',
  'dialogs.import-files': '将文件导入虚拟机',
  'dialogs.import-folders': '将文件夹导入虚拟机',
  'dialogs.export-file': '保存虚拟机中的文件',
  'dialogs.export-folder': '保存到文件夹',
  'dialogs.share': '允许其他计算机访问 {{vm}}？',
  'dialogs.share-place': '{{hostAddress}} 的 {{protocol}} 端口 {{hostPort}} 通向虚拟机的端口 {{guestPort}}。',
  'dialogs.share-about': '{{places}}\n\n您网络中的所有人都将可以连接它。',
  'dialogs.share-agree': '共享',
  'dialogs.image-file': '从文件新建镜像',
  'dialogs.root-files-kind': '根文件系统和容器镜像',
  'dialogs.recipe-file': '选择配方',
  'dialogs.recipes-kind': '配方',
  'dialogs.all-files': '所有文件',
  'dialogs.capture': '捕获 {{vm}} 的网络流量',
  'dialogs.capture-kind': '数据包捕获',
};
