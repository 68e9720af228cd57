import type { Sentences } from '../sentence-translator.ts';

/** Of the library. */
export const library: Sentences = {
  'A file of the image is missing on disk ({v1}…). Rebuild the image to bring it back.':
    '磁盘上缺少该镜像的一个文件（{v1}…）。请重新构建该镜像以恢复它。',
  'A .terrarium file holds up to {STATES_MAX} snapshots of {IMAGES_MAX} images. Nothing was exported: export them in parts.':
    '一个 .terrarium 文件最多可容纳 {IMAGES_MAX} 个镜像的 {STATES_MAX} 个快照。未导出任何内容：请分批导出。',
  'That snapshot does not exist any more. Nothing was exported.': '该快照已不存在。未导出任何内容。',
  '“{name}” is damaged on disk, so it was not exported. Other snapshots are untouched.':
    '“{name}”在磁盘上已损坏，因此未导出。其他快照不受影响。',
  'The export was stopped. No file was written.': '导出已停止。未写入任何文件。',
  'The image has more files, or larger ones, than a .terrarium file holds. Nothing was exported: export without the image, and build it where the snapshots go.':
    '该镜像的文件数量或大小超出 .terrarium 文件的容量。未导出任何内容：请导出时不含镜像，并在快照的目的地构建它。',
  'A file of the image “{name}” is damaged on disk ({v1}…), so nothing was exported. Rebuild the image, or export without it.':
    '镜像“{name}”的一个文件在磁盘上已损坏（{v1}…），因此未导出任何内容。请重新构建该镜像，或导出时不含它。',
  'The import was stopped. Nothing was changed.': '导入已停止。未作任何更改。',
  '“{name}” was not imported: the disk is full. The library is as it was before. Delete snapshots or free some space, then try again.':
    '未导入“{name}”：磁盘已满。库与之前相同。请删除快照或腾出一些空间后重试。',
  '“{name}” needs the image “{name}” ({id}), which is not in this library. Nothing was imported. Build or import that image first, or export with --with-image.':
    '“{name}”需要镜像“{name}”（{id}），而它不在此库中。未导入任何内容。请先构建或导入该镜像，或使用 --with-image 导出。',
  '“{name}” holds only what is new since the snapshot “{v1}”, which is not in this library. Nothing was imported. Import that snapshot first, or export without --since.':
    '“{name}”只包含快照“{v1}”之后的新内容，而该快照不在此库中。未导入任何内容。请先导入该快照，或导出时不使用 --since。',
  'These snapshots have more different pages than one .terrarium file holds. Nothing was exported: export them in parts.':
    '这些快照中不同的内存页超出一个 .terrarium 文件的容量。未导出任何内容：请分批导出。',
  '“{name}” {words}. Nothing was imported.': '“{name}”{words}。未导入任何内容。',
  '“{name}” is not a file. Nothing was imported.': '“{name}”不是文件。未导入任何内容。',
  '“{name}” is not a .terrarium file. Nothing was imported. Choose a file that “snapshot export” wrote.':
    '“{name}”不是 .terrarium 文件。未导入任何内容。请选择由“snapshot export”写出的文件。',
  '“{name}” has format {version}, and this Terrarium reads format {BUNDLE_VERSION}. Nothing was imported. Use a newer Terrarium.':
    '“{name}”的格式为 {version}，而此 Terrarium 读取格式 {BUNDLE_VERSION}。未导入任何内容。请使用更新的 Terrarium。',
  '“{name}” has something behind its end. Nothing was imported. Get the file again.':
    '“{name}”的末尾之后还有内容。未导入任何内容。请重新获取该文件。',
  '“{name}” is damaged ({part}). Nothing was imported. Get the file again.':
    '“{name}”已损坏（{part}）。未导入任何内容。请重新获取该文件。',
  '“{name}” is cut short (in {v1}). Nothing was imported. Get the file again.':
    '“{name}”不完整（在{v1}处截断）。未导入任何内容。请重新获取该文件。',
  '“{name}” cannot be read. Nothing was imported.': '无法读取“{name}”。未导入任何内容。',
  '“{name}” is there and is no file, so nothing was exported. Choose another name.':
    '已有“{name}”，但它不是文件，因此未导出任何内容。请另选一个名称。',
  'The folder for “{name}” does not exist. Nothing was exported.': '“{name}”所在的文件夹不存在。未导出任何内容。',
  '{what}: there is no room for it. The library is untouched. Free some space, or export to another disk.':
    '{what}：空间不足。库不受影响。请腾出一些空间，或导出到另一个磁盘。',
  '{what}: its folder may not be written to. Choose another folder.': '{what}：其文件夹不可写入。请另选一个文件夹。',
  'The library is being changed by {v1} and was not free for {v2} s. Nothing was changed. Wait until it is done, or end that process, then try again.':
    '库正由{v1}更改，{v2} 秒内未空出。未作任何更改。请等待其完成，或结束该进程后重试。',
  'This library was closed. Open it again to change it.': '此库已关闭。请重新打开后再更改。',
  'The library is being cleaned up by {v1}. Nothing was saved. Wait until that is done, then try again.':
    '库正由{v1}清理。未保存任何内容。请等待其完成后重试。',
  '{what}: the disk took only a part of it. Everything saved before is untouched. Check the disk and its free space, then try again.':
    '{what}：磁盘只接受了一部分。之前保存的内容均不受影响。请检查磁盘及其可用空间后重试。',
  '{what}: the disk is full. Everything saved before is untouched. Delete snapshots or free some space, then try again.':
    '{what}：磁盘已满。之前保存的内容均不受影响。请删除快照或腾出一些空间后重试。',
  "{what}: Terrarium may not write to its data folder. Everything saved before is untouched. Check the folder's permissions.":
    '{what}：Terrarium 无权写入其数据文件夹。之前保存的内容均不受影响。请检查该文件夹的权限。',
  '{what}: the disk reported an error. Everything saved before is untouched.':
    '{what}：磁盘报告了错误。之前保存的内容均不受影响。',
  '“{name}” is the name of {v1}. Use an id instead: {v2}.': '“{name}”是{v1}的名称。请改用 id：{v2}。',
  'an image and of a snapshot': '一个镜像和一个快照',
  '{length} snapshots': '{length} 个快照',
  'No image has been built yet: “terrarium image build tiny” makes one.':
    '尚未构建任何镜像：“terrarium image build tiny”可构建一个。',
  'Images: {v1}.': '镜像：{v1}。',
  'Snapshots: {v1}.': '快照：{v1}。',
  'There is no image or snapshot called “{v1}”. {v2}': '没有名为“{v1}”的镜像或快照。{v2}',
  'Saved states were left alone, since what they belong to could not be read.':
    '保存的状态未作处理，因为无法读取它们所属的内容。',
  'A base snapshot was left alone, since a machine or an image build may need it now.':
    '一个基础快照未作处理，因为虚拟机或镜像构建可能正需要它。',
  'Saved states were left alone, since {v1} is saving one.': '保存的状态未作处理，因为{v1}正在保存状态。',
  'Files of images were left alone, since {v1} is building one.': '镜像的文件未作处理，因为{v1}正在构建镜像。',
  'Files of images were left alone, since an image could not be read.': '镜像的文件未作处理，因为无法读取某个镜像。',
  '“{name}” is running already. Nothing was changed.': '“{name}”已在运行。未作任何更改。',
  'Stop it there, or fork one of its snapshots to have a second machine like it.':
    '请在那里停止它，或派生它的一个快照以得到另一台相同的虚拟机。',
  'Stop it there, then {what}.': '请在那里停止它，然后{what}。',
  '“{name}” is running. Stop it first, then {what}.': '“{name}”正在运行。请先停止它，然后{what}。',
  'The image “{name}” is in use by a machine of {v1}, so it was kept. Stop that machine, then try again.':
    '镜像“{name}”正由{v1}的虚拟机使用，因此已保留。请停止该虚拟机后重试。',
  '“{name}” is running in {v1}, so nothing was changed. {advice}': '“{name}”正在{v1}中运行，因此未作任何更改。{advice}',
  '“{name}” {v1}. Nothing was copied.': '“{name}”{v1}。未复制任何内容。',
  'does not exist any more': '已不存在',
  'cannot be read': '无法读取',
  '“{name}” is a folder. Nothing was copied: pack it into one file first (for example as a .tar) and unpack it in the VM.':
    '“{name}”是文件夹。未复制任何内容：请先将其打包成一个文件（例如 .tar），再在虚拟机中解包。',
  '“{name}” is not a regular file. Nothing was copied.': '“{name}”不是普通文件。未复制任何内容。',
  '“{name}” is {gib} GiB; a VM takes files up to {v1} GiB, because they are held in its memory. Nothing was copied: split it, or copy only what is needed.':
    '“{name}”有 {gib} GiB；虚拟机最多接受 {v1} GiB 的文件，因为文件保存在其内存中。未复制任何内容：请将其拆分，或只复制需要的部分。',
  '“{name}” cannot be read. Check its permissions. Nothing was copied.':
    '无法读取“{name}”。请检查其权限。未复制任何内容。',
  '{notSaved}: the VM sent more than it announced.': '{notSaved}：虚拟机发送的内容比所报的多。',
  '{notSaved}: the VM sent less than it announced.': '{notSaved}：虚拟机发送的内容比所报的少。',
  'The copy was cancelled.': '复制已取消。',
  'The image “{name}” is needed by {shown}, so it was kept.': '{shown} 需要镜像“{name}”，因此已保留。',
  'There is no image called “{v1}”. {v2}. Build one with “terrarium image build tiny”.':
    '没有名为“{v1}”的镜像。{v2}。可用“terrarium image build tiny”构建一个。',
  'None has been built yet': '尚未构建任何镜像',
  'Built images: {known}': '已构建的镜像：{known}',
  'The list of files of the image “{name}” is damaged. Rebuild the image.':
    '镜像“{name}”的文件列表已损坏。请重新构建该镜像。',
  'This machine is not kept: it cannot be saved.': '此虚拟机不会保留：无法保存它。',
  'A file of the image has the wrong size on disk. Rebuild the image.':
    '该镜像的一个文件在磁盘上的大小不对。请重新构建该镜像。',
  'That file was not chosen in this window, or was used already. Choose it again.':
    '该文件不是在此窗口中选择的，或已经用过。请重新选择。',
  'This image has no initrd.': '此镜像没有 initrd。',
  'This machine starts without a saved state.': '此虚拟机启动时没有保存的状态。',
  'A state must arrive in whole pieces.': '状态必须以完整的块到达。',
  'The saved state {id} does not exist any more.': '保存的状态 {id} 已不存在。',
  'A block of pages is damaged on disk.': '一块内存页在磁盘上已损坏。',
  'The picture of “{v1}” is damaged on disk. Everything else of it is whole, and it can be loaded.':
    '“{v1}”的图片在磁盘上已损坏。它的其余部分完好，可以载入。',
  'The check was stopped.': '检查已停止。',
  'A pack of the library is missing on disk.': '磁盘上缺少库的一个数据包。',
  'A pack of the library could not be read from disk.': '无法从磁盘读取库的一个数据包。',
  'A pack of the library is damaged on disk ({why}).': '库的一个数据包在磁盘上已损坏（{why}）。',
  'A pack of the library has format {version}; this Terrarium reads format {VERSION}. Use the newer Terrarium that wrote it.':
    '库的一个数据包的格式为 {version}；此 Terrarium 读取格式 {VERSION}。请使用写出它的更新的 Terrarium。',
  '{NOT_SAVED}: its pack has {size} bytes on disk instead of {writtenBytes}. Everything saved before is untouched. Check the disk, then try again.':
    '{NOT_SAVED}：其数据包在磁盘上有 {size} 字节，而不是 {writtenBytes} 字节。之前保存的内容均不受影响。请检查磁盘后重试。',
  'The state is larger than any machine’s could be. It was not saved.': '该状态比任何虚拟机所能有的都大，未保存。',
  'The state was not saved: a block of pages that it shares with an earlier one was found damaged on disk. It will not be used again: try again, and verify the library.':
    '未保存状态：它与先前状态共用的一块内存页在磁盘上已损坏。该块不会再被使用：请重试，并校验库。',
  'A saved state has a page map of format {v1}; this Terrarium reads format {VERSION}.':
    '一个保存的状态的页映射格式为 {v1}；此 Terrarium 读取格式 {VERSION}。',
  'The page map is damaged ({why})': '页映射已损坏（{why}）',
  '{NOT_SAVED}: a part of it could not be written. Everything saved before is untouched.':
    '{NOT_SAVED}：有一部分无法写入。之前保存的内容均不受影响。',
  'Stored pages were left alone, since it could not be read which of them are needed.':
    '存储的内存页未作处理，因为无法读取其中哪些还需要。',
  '{v1} has lost its description on disk and was not loaded.': '{v1} 在磁盘上的描述已丢失，未载入。',
  '{v1} does not exist any more.': '{v1} 已不存在。',
  'The page map of “{v1}” could not be read from disk.': '无法从磁盘读取“{v1}”的页映射。',
  'The picture of {id} is damaged on disk.': '{id} 的图片在磁盘上已损坏。',
  '{v1} is damaged on disk (it lies in the wrong folder).': '{v1} 在磁盘上已损坏（位于错误的文件夹中）。',
  '“{v1}” {how} and cannot be loaded. Other snapshots are untouched.': '“{v1}”{how}，无法载入。其他快照不受影响。',
  'A saved state could not be read from disk.': '无法从磁盘读取一个保存的状态。',
  'The state was not loaded: the thread that reads saved states has ended. Nothing was changed. Try again.':
    '未载入状态：读取已保存状态的线程已结束。未作任何更改。请重试。',
  'Nothing was saved or changed: the thread that works on saved states has ended ({why}). Everything saved before is untouched. Try again.':
    '未保存也未更改任何内容：处理已保存状态的线程已结束（{why}）。之前保存的内容均不受影响。请重试。',
  'There is no {noun} with the id {id}.': '没有 id 为 {id} 的{noun}。',
  '{what} is damaged on disk (it holds another {noun}) and was not loaded.':
    '{what} 在磁盘上已损坏（其中是另一个{noun}），未载入。',
  'Only {v1} of the disk are free, and saving a machine may take {v2}. Nothing was saved, and everything saved before is untouched. {advice}':
    '磁盘仅剩 {v1}，而保存一台虚拟机可能需要 {v2}。未保存任何内容，之前保存的内容均不受影响。{advice}',
  'Deleting these snapshots would free the most: {v1}.': '删除以下快照可腾出最多空间：{v1}。',
  'Free some space elsewhere, then try again.': '请在别处腾出一些空间后重试。',
  '{what} is damaged on disk ({message}) and was not loaded.': '{what} 在磁盘上已损坏（{message}），未载入。',
  '{what} was written by a newer Terrarium (format {format}) and was not loaded. Update Terrarium to use it.':
    '{what} 由更新的 Terrarium 写出（格式 {format}），未载入。请更新 Terrarium 以使用它。',
  '{what} is damaged on disk (its checksum does not match) and was not loaded.':
    '{what} 在磁盘上已损坏（校验和不符），未载入。',
  '{what} could not be read from disk.': '无法从磁盘读取 {what}。',
  '“{name}” resumes from this snapshot and has no later state of its own, so it was kept. Suspend that VM once, or delete it, and try again.':
    '“{name}”从此快照恢复，自身没有更晚的状态，因此已保留。请将该虚拟机挂起一次或删除它，然后重试。',
  '“{name}” is protected, so it was kept. Remove the protection first, then delete it.':
    '“{name}”受保护，因此已保留。请先取消保护，再删除它。',
  'That snapshot does not exist any more.': '该快照已不存在。',
  '“{name}” is at the top of the tree already. Nothing was changed.': '“{name}”已在树的顶端。未作任何更改。',
  'The check was stopped. Nothing was changed.': '检查已停止。未作任何更改。',
  'The snapshot “{name}” is of image {imageId} with {memoryMib} MiB, “{name}” has image {imageId} with {memoryMib} MiB. Both were kept as they are: fork the snapshot to run it.':
    '快照“{name}”属于镜像 {imageId}、内存 {memoryMib} MiB，而“{name}”为镜像 {imageId}、内存 {memoryMib} MiB。两者均保持原样：请派生该快照来运行它。',
  'There is a VM called “{name}” already. Choose another name.': '已有名为“{name}”的虚拟机。请另选一个名称。',
  'That VM cannot be had back any more: it is deleted for good.': '该虚拟机无法再找回：它已被彻底删除。',
  '“{name}” is no snapshot of “{name}”. Nothing was changed.': '“{name}”不是“{name}”的快照。未作任何更改。',
  'The VM “{name}” was deleted.': '虚拟机“{name}”已被删除。',
  'The VM “{name}” is not deleted.': '虚拟机“{name}”未被删除。',
  'The image was not built': '镜像未构建',
  'a name or id that Terrarium does not allow': 'Terrarium 不允许的名称或 id',
  'a tag that Terrarium does not allow': 'Terrarium 不允许的标签',
  'an impossible memory size': '不可能的内存大小',
  'its table of contents': '其目录',
  'the description of an image': '一个镜像的描述',
  'the list of an image’s files': '一个镜像的文件列表',
  'the files of an image': '一个镜像的文件',
  'the description of a snapshot': '一个快照的描述',
  'the checksums of a snapshot’s pages': '一个快照的内存页校验和',
  'the checksums of pages it does not have itself': '它自身没有的内存页的校验和',
  'the list of a snapshot’s pages': '一个快照的内存页列表',
  'the pages of a snapshot': '一个快照的内存页',
  'its end': '其结尾',
  'image “{name}”': '镜像“{name}”',
  'the images': '镜像',
  'it is not the one that was announced': '它不是所报的那个',
  'its name': '其名称',
  'its memory size': '其内存大小',
  'its list of files is too long': '其文件列表太长',
  'a text is too long': '一段文本太长',
  'its command line is too long': '其命令行太长',
  'it has too many packages': '其软件包太多',
  'The image “{name}”': '镜像“{name}”',
  'nobody is named who lends its pages': '未指明由谁借出其内存页',
  'its image was not announced': '其镜像未曾报出',
  'it comes before its parent': '它排在其上级之前',
  'it is the base snapshot of no image': '它不是任何镜像的基础快照',
  'its first bytes': '其最初的字节',
  '“{name}” was not written': '未写入“{name}”',
  'Nothing was changed': '未作任何更改',
  'the Terrarium app': 'Terrarium 应用',
  'the terrarium command': 'terrarium 命令',
  'an image build': '一个镜像构建',
  'another program': '另一个程序',
  'The change was not saved': '未保存更改',
  '“{name}” was not saved': '未保存“{name}”',
  'snapshot “{name}”': '快照“{name}”',
  'is damaged on disk ({badPages} of its {length} pages)': '在磁盘上已损坏（{length} 页中的 {badPages} 页）',
  'The saved state {id}': '保存的状态 {id}',
  'it is cut short': '它不完整',
  'A list of damaged blocks': '损坏块的列表',
  'the disk cannot read a part of it': '磁盘无法读取它的一部分',
  'it has the name of another': '它有另一个的名称',
  'it does not end like a pack': '它的结尾不像数据包',
  'its size is wrong': '其大小不对',
  'its tables have the wrong size': '其表的大小不对',
  'its tables do not match their checksum': '其表与校验和不符',
  'it does not begin like a pack': '它的开头不像数据包',
  'a block has an unknown codec': '有一块的编码未知',
  'a block has an impossible size': '有一块的大小不可能',
  'its blocks do not lie one after another': '其各块没有依次相连',
  'its blocks do not end at its tables': '其各块没有在其表处结束',
  'The library was not cleaned up': '未清理库',
  'A pack was left as it is. {message}': '有一个数据包保持原样。{message}',
  'The state was not saved': '未保存状态',
  'it does not begin like a page map': '它的开头不像页映射',
  'its size is impossible': '其大小不可能',
  'its length is wrong': '其长度不对',
  'it has the wrong number of pages': '其页数不对',
  'its runs do not fit': '其区段不相符',
  'a run lies outside of its pack': '有一个区段位于其数据包之外',
  'its runs end too early': '其区段过早结束',
  'needs a page that no pack has': '需要一个没有数据包含有的内存页',
  'is damaged on disk': '在磁盘上已损坏',
  'is damaged on disk (a block of it does not match its checksum)': '在磁盘上已损坏（其中一块与校验和不符）',
  'has lost its page map': '已失去其页映射',
  'has a damaged page map': '的页映射已损坏',
  'has the page map of another state': '的页映射属于另一个状态',
  'The picture of {id}': '{id} 的图片',
  'The state was not deleted': '未删除状态',
  'its thread is gone': '其线程已不在',
  'exit code {code}': '退出代码 {code}',
  'has changed on disk while it was read': '在读取时在磁盘上发生了变化',
  'is cut short on disk': '在磁盘上不完整',
  'has lost its data file': '已失去其数据文件',
  'Saved states': '保存的状态',
  'restore it here': '在此还原它',
  'delete it': '删除它',
};
