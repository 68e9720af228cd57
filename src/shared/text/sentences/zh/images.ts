import type { Sentences } from '../sentence-translator.ts';

/** Of making and importing images. */
export const images: Sentences = {
  'The file {shown} {what}. Give the path of a root file system’s tarball.':
    '文件 {shown} {what}。请给出根文件系统 tar 包的路径。',
  '{shown} is no file. Give the path of a root file system’s tarball.':
    '{shown} 不是文件。请给出根文件系统 tar 包的路径。',
  '{shown} is no tarball. A root file system comes as .tar, .tar.gz, .tar.xz or .tar.zst.':
    '{shown} 不是 tar 包。根文件系统的格式为 .tar、.tar.gz、.tar.xz 或 .tar.zst。',
  'Stopped. Nothing was imported.': '已停止，未导入任何内容。',
  'There is no room to unpack {shown} in {v1}. Free some space there, or set TMPDIR to a folder that has it.':
    '{v1} 中没有足够的空间来解包 {shown}。请在那里腾出一些空间，或将 TMPDIR 设为有空间的文件夹。',
  '{shown} cannot be unpacked: {why}. Nothing was imported; fetch it again.':
    '无法解包 {shown}：{why}。未导入任何内容；请重新获取该文件。',
  '{what} unpacks to more than {gib} GiB, which no machine here could use. Nothing was imported.':
    '{what} 解压后超过 {gib} GiB，这里没有虚拟机用得上。未导入任何内容。',
  '{what} unpacks to more than {RATIO_MAX} times its size, as only a file made to fill disks does. Nothing was imported.':
    '{what} 解压后超过其自身大小的 {RATIO_MAX} 倍，只有用来塞满磁盘的文件才会这样。未导入任何内容。',
  'The program “{command}” is needed to unpack this and is not installed. Install it (sudo apt-get install {package}), or unpack the file yourself and import the .tar.':
    '解压此文件需要程序“{command}”，但尚未安装。请安装它（sudo apt-get install {package}），或自行解压后导入 .tar 文件。',
  'It printed nothing.': '它没有输出任何内容。',
  'The recipe’s command {number} (“{command}”) ended with {exitCode} in the new machine. The image was not built; mend the recipe and build it again, downloads are kept. {output}':
    '配方的第 {number} 条命令（“{command}”）在新虚拟机中以 {exitCode} 结束。镜像未构建；请修改配方后重新构建，已下载的内容会保留。{output}',
  'The tarball has no /bin/sh, so it is no root file system that anybody could log in to. The image was not built.':
    '该 tar 包中没有 /bin/sh，因此不是可以登录的根文件系统。镜像未构建。',
  'The packages of busybox and SeaBIOS do not hold their files where they are expected. The image was not built.':
    'busybox 和 SeaBIOS 的软件包中没有在预期位置找到文件。镜像未构建。',
  'The guest agent did not compile. The image was not built.\n{v1}': '客户机代理未能编译。镜像未构建。\n{v1}',
  'The machine that compiles the guest agent did not answer. The image was not built; try again.\n{v1}':
    '编译客户机代理的虚拟机没有响应。镜像未构建；请重试。\n{v1}',
  'The busybox binary is not one this recipe knows how to set up. The image was not built.':
    '此配方不知道如何设置这个 busybox 程序。镜像未构建。',
  'The guest agent did not compile. The image was not built.\n{withCc}\n{withTcc}':
    '客户机代理编译失败。镜像未构建。\n{withCc}\n{withTcc}',
  'There is no C compiler “cc”.': '没有 C 编译器“cc”。',
  'The guest agent is compiled for i386, and there is no C compiler for that here. Install gcc and try again.':
    '客户机代理需要为 i386 编译，而这里没有相应的 C 编译器。请安装 gcc 后重试。',
  "Debian's {KERNEL_PACKAGE} names no kernel. Build with the tuned kernel instead.":
    'Debian 的 {KERNEL_PACKAGE} 未指明内核。请改用调优内核构建。',
  'The mirror has no package “{name}”, which Alpine’s own kernel is made of. Build with the tuned kernel instead.':
    '镜像站没有软件包“{name}”，而 Alpine 自己的内核由它制成。请改用调优内核构建。',
  'The package “{name}-{version}” does not hold its files where they are expected. Build with the tuned kernel instead.':
    '软件包“{name}-{version}”的文件不在预期的位置。请改用调优内核构建。',
  'The module {file} could not be unpacked.': '无法解压模块 {file}。',
  'The package {image} holds no modules.': '软件包 {image} 中没有模块。',
  'A package has none of the folders {v1}; Debian changed its layout.':
    '有一个软件包不含 {v1} 中的任何文件夹；Debian 更改了其布局。',
  "The distribution's kernel has no module {name}, which a guest needs. Build with the tuned kernel instead.":
    '发行版内核没有客户机所需的模块 {name}。请改用调优内核构建。',
  'The module {file} could not be unpacked: {errorTail}.': '无法解压模块 {file}：{errorTail}。',
  'The tuned kernel is compiled on Linux only.': '调优内核只能在 Linux 上编译。',
  "Debian's {SOURCE_PACKAGE} names no kernel source.": 'Debian 的 {SOURCE_PACKAGE} 未指明内核源代码。',
  'The kernel source could not be unpacked: {errorTail}. Free some disk space (600 MB) and try again.':
    '无法解压内核源代码：{errorTail}。请腾出一些磁盘空间（600 MB）后重试。',
  'Compiling the guest kernel failed in "{command}": {errorTail} ': '编译客户机内核时在“{command}”处失败：{errorTail} ',
  'What was compiled is kept; trying again continues there. The distribution’s kernel works without compiling.':
    '已编译的内容会保留，重试时将从那里继续。发行版内核无需编译即可使用。',
  'The container image cannot be imported: {why}. Nothing was imported.': '无法导入容器镜像：{why}。未导入任何内容。',
  'The container image is damaged: {why}. Nothing was imported; save or fetch it again.':
    '容器镜像已损坏：{why}。未导入任何内容；请重新保存或获取它。',
  '“{url}” could not be fetched: {v1}. What has arrived is kept; try again when the mirror can be reached.':
    '无法获取“{url}”：{v1}。已到达的内容会保留；请在能连接镜像站时重试。',
  'no answer': '没有应答',
  'The mirror has no “{url}”. The image was not built; try another mirror or release.':
    '镜像站没有“{url}”。镜像未构建；请换一个镜像站或版本。',
  '“{url}” could not be fetched: the server answered {status}.': '无法获取“{url}”：服务器返回 {status}。',
  'The mirror sends more of “{url}” than there should be. It was refused.': '镜像站发送的“{url}”比应有的更多，已拒绝。',
  '{what} has more parts than it may have.': '{what} 的部分过多。',
  '{what} unpacks to more than it may. It was refused.': '{what} 解压后超过允许的大小，已拒绝。',
  '{what} is damaged: {why}.': '{what} 已损坏：{why}。',
  '{what} is larger than 64 MiB.': '{what} 大于 64 MiB。',
  '{what} is damaged: it has no signature.': '{what} 已损坏：没有签名。',
  '{what} is damaged: there is no index in it.': '{what} 已损坏：其中没有索引。',
  'The root file system is not Alpine’s: it has no list of installed packages.':
    '该根文件系统不是 Alpine 的：其中没有已安装软件包的列表。',
  'The packages “{name}” and “{name}” both have the file “/{v1}”. The image was not built; leave one of them out.':
    '软件包“{name}”和“{name}”都含有文件“/{v1}”。镜像未构建；请去掉其中一个。',
  'The signature of {what} is wrong: the mirror is broken, or somebody changed it. Nothing of it was used.':
    '{what} 的签名不正确：镜像站出了故障，或有人改动过它。其内容均未使用。',
  "{what} is not signed by a key of Alpine's that is known here. Nothing of it was used.":
    '{what} 并非由这里已知的 Alpine 密钥签名。其内容均未使用。',
  '“{v1}” is not the address of a mirror. It begins with https:// or http:// and ends where the folder of the release (v3.21) lies.':
    '“{v1}”不是镜像站的地址。地址以 https:// 或 http:// 开头，到版本文件夹（v3.21）所在处为止。',
  'The package “{name}” is larger than 512 MiB.': '软件包“{name}”大于 512 MiB。',
  '{what} is not the one that the signed index names. It was not used.': '{what} 不是已签名索引所指的那个，未使用。',
  '{what} is damaged: its files are not those it was signed with. It was not used.':
    '{what} 已损坏：其文件与签名时不同，未使用。',
  '{what} calls itself something else. It was not used.': '{what} 自称是另一个软件包，未使用。',
  '{what} has no files. It was not used.': '{what} 没有文件，未使用。',
  '{what} is damaged: its file “{v1}”. It was not used.': '{what} 已损坏：其文件“{v1}”，未使用。',
  'The package index lists more than {RECORDS_MAX} packages. It was refused.':
    '软件包索引列出了超过 {RECORDS_MAX} 个软件包，已拒绝。',
  'The mirror’s list of files for Alpine {branch} names no minimal root file system for {architecture}. The image was not built.':
    '镜像站的 Alpine {branch} 文件列表中没有适用于 {architecture} 的最小根文件系统。镜像未构建。',
  '“{file}” from the mirror is not the file that the release names. It was removed.':
    '镜像站提供的“{file}”不是该版本所指的文件，已删除。',
  'Alpine has no package “{v1}” for this release.': 'Alpine 的此版本没有软件包“{v1}”。',
  'These packages cannot be installed together{detail}.': '这些软件包无法一起安装{detail}。',
  'There are too many ways to install these packages. Ask for fewer at once.':
    '安装这些软件包的方式太多。请一次少选一些。',
  '{what} has more than {ENTRIES_MAX} entries.': '{what} 的条目超过 {ENTRIES_MAX} 个。',
  '{what} is damaged: its archive cannot be read.': '{what} 已损坏：无法读取其归档。',
  'Debian packages are fetched with it, so this needs Debian or a system derived from it.':
    'Debian 软件包由它获取，因此需要 Debian 或其衍生系统。',
  'This image is made of Debian packages, and the program that fetches them, apt-get, is not on this computer. ':
    '此镜像由 Debian 软件包制成，而本机没有获取它们的程序 apt-get。',
  'Build one of Alpine, which needs none of them, or build this one on Debian (or in a Debian container) and copy it here.':
    '请构建不需要它们的 Alpine 镜像，或在 Debian（或 Debian 容器）中构建此镜像，再复制到这里。',
  'The cache folder {folder} has a quote in its name, which apt cannot read.':
    '缓存文件夹 {folder} 的名称中有引号，apt 无法读取。',
  "Debian's package lists could not be fetched ({why}). Nothing was changed. ":
    '无法获取 Debian 的软件包列表（{why}）。未作任何更改。',
  'Check the connection and that "apt-get update" works, then try again.':
    '请检查网络连接以及“apt-get update”是否正常，然后重试。',
  'Debian ({v1}) has no package {name} for {architecture}. ':
    'Debian（{v1}）没有适用于 {architecture} 的软件包 {name}。',
  'Nothing was changed.': '未作任何更改。',
  'The Debian packages could not be downloaded: {why} What is complete was kept; try again.':
    '无法下载 Debian 软件包：{why} 已完整的部分会保留；请重试。',
  "This computer's apt settings name no Debian repository, and images are made of Debian packages. ":
    '本机的 apt 设置中没有 Debian 软件源，而镜像由 Debian 软件包制成。',
  'Add one to /etc/apt/sources.list.d, or build the image on Debian and copy it here.':
    '请在 /etc/apt/sources.list.d 中添加一个，或在 Debian 上构建镜像再复制到这里。',
  'The package {deb} could not be unpacked: {errorTail}. Delete it and try again.':
    '无法解包软件包 {deb}：{errorTail}。请删除它后重试。',
  'Install it and try again.': '请安装它后重试。',
  'The program "{command}" is not installed. {advice}': '程序“{command}”尚未安装。{advice}',
  'Stopped as asked. What was done so far is kept for the next time.': '已按要求停止。目前完成的内容会保留到下次。',
  'The build needs about {v1} of the disk, and {v2} are free. Nothing was begun; free some and try again.':
    '此次构建约需 {v1} 磁盘空间，而可用空间为 {v2}。尚未开始；请腾出一些空间后重试。',
  'Recipes are based on each other {BASES_MAX} deep, or in a circle. Mend one of them.':
    '配方相互依赖超过 {BASES_MAX} 层，或形成了循环。请修改其中一个。',
  '{file}: A recipe’s files can be {FILES_MAX} with {v1} MiB together; these are more.':
    '{file}：配方的文件总共可有 {FILES_MAX} 个、{v1} MiB；这里超出了。',
  '{file}: The recipe and those it is based on ask for too much.': '{file}：该配方及其所依据的配方要求过多。',
  'There is no file “{v1}” beside the recipe, or it leads out of its folder.':
    '配方旁边没有文件“{v1}”，或它指向配方文件夹之外。',
  '“{v1}” is no file, or larger than {v2} MiB.': '“{v1}”不是文件，或大于 {v2} MiB。',
  'There is no tarball “{v1}” beside the recipe, or it leads out of its folder.':
    '配方旁边没有 tar 包“{v1}”，或它指向配方文件夹之外。',
  '“{v1}” is no file, or larger than {v2} KiB, as no recipe is.': '“{v1}”不是文件，或大于 {v2} KiB，配方不会这么大。',
  'There is no file “{file}”.': '没有文件“{file}”。',
  '“{file}” could not be read: {v1}': '无法读取“{file}”：{v1}',
  '“{v1}” is one word too many. A base is one of: {BASES}.': '“{v1}”多了一个词。基础只能是：{BASES}。',
  '“{v1}” is not a release of Alpine, as 3.21 is.': '“{v1}”不是 Alpine 的版本，例如 3.21。',
  '“{v1}” is not a mirror’s address: it begins with https://.': '“{v1}”不是镜像站的地址：地址以 https:// 开头。',
  '“{v1}” is not a release of Debian, as bookworm is.': '“{v1}”不是 Debian 的版本，例如 bookworm。',
  '“{v1}” is nothing that an image can begin as. A base is one of: {BASES}.':
    '“{v1}”不能作为镜像的基础。基础只能是：{BASES}。',
  '“{v1}” does not lie beside the recipe: name a file in the recipe’s folder or below it, without “..”.':
    '“{v1}”不在配方旁边：请指定配方文件夹内或其下的文件，不含“..”。',
  'A recipe begins with “recipe: {FORMAT}”, the number of its format.':
    '配方以“recipe: {FORMAT}”开头，即其格式的编号。',
  'There is no field “{v1}”. There are: {v2}.': '没有字段“{v1}”。可用的有：{v2}。',
  '“{text}” is there already, in line {line}. Leave one out.': '“{text}”在第 {line} 行已经有了。请去掉一个。',
  '“{text}” has one line only. Remove the indented lines below it.': '“{text}”只有一行。请删除其下缩进的行。',
  '“{text}” needs a value after its colon.': '“{text}”的冒号后需要有值。',
  'A recipe’s name has small letters, digits and single dashes, {RECIPE_NAME_MAX_CHARACTERS} at most, and begins with a letter; “{v1}” does not.':
    '配方名称由小写字母、数字和单个短横线组成，最多 {RECIPE_NAME_MAX_CHARACTERS} 个字符，并以字母开头；“{v1}”不符合。',
  '“tarball” is what images of imported files are called. Choose another name.':
    '“tarball”是导入文件所成镜像的名称。请另选一个名称。',
  'The {key} is longer than {maxCharacters} characters. Shorten it.': '{key} 超过 {maxCharacters} 个字符。请缩短。',
  '“{v1}” is not the name of a package.': '“{v1}”不是软件包的名称。',
  'A recipe can name {PACKAGES_MAX} packages; what they need comes along.':
    '一个配方可列出 {PACKAGES_MAX} 个软件包；它们所需的会一并带上。',
  'A recipe can have {FILES_MAX} files at most.': '一个配方最多可有 {FILES_MAX} 个文件。',
  '“{v1}” is no path in the machine: it begins with a slash, has no “.” or “..”, and does not end with a slash.':
    '“{v1}”不是虚拟机中的路径：路径以斜杠开头，不含“.”或“..”，也不以斜杠结尾。',
  'A recipe’s files cannot be in {taken}: that is made when the machine starts.':
    '配方的文件不能放在 {taken} 中：它在虚拟机启动时生成。',
  '“{v1}” is no mode: three octal digits, such as 0644 or 0755.':
    '“{v1}”不是权限：权限为三位八进制数字，例如 0644 或 0755。',
  'A recipe can have {COMMANDS_MAX} “run” at most; one may have many lines.':
    '一个配方最多可有 {COMMANDS_MAX} 个“run”；一个可以有多行。',
  '“{v1}” is no memory: a number of MiB, such as 256.': '“{v1}”不是内存大小：内存为 MiB 数，例如 256。',
  '“{v1}” is no {key} that there is. There are: {v2}.': '“{v1}”不是可用的 {key}。可用的有：{v2}。',
  'The recipe has no “{key}”: it needs {example}.': '配方缺少“{key}”：需要{example}。',
  '{file}:{line}:{column}: {sentence}': '{file}:{line}:{column}：{sentence}',
  '{file}: A recipe can have {v1} KiB; this one is larger.': '{file}：配方最多可有 {v1} KiB；这个更大。',
  'There is an invisible character (U+{code}) here. Remove it.': '这里有一个不可见字符（U+{code}）。请删除它。',
  'An indented line needs a field above it.': '缩进的行上方需要有字段。',
  'Lines that belong to the field above begin with two spaces.': '属于上方字段的行以两个空格开头。',
  '“{v1}” is no field: each begins with its name and a colon, such as “name: attic”.':
    '“{v1}”不是字段：字段以名称和冒号开头，例如“name: attic”。',
  '{file}: This is no text in UTF-8, so it is no recipe.': '{file}：这不是 UTF-8 文本，因此不是配方。',
  'There is no recipe “{v1}”. There are: {v2}. A file is named with its path: ./{v3}{RECIPE_ENDING}':
    '没有配方“{v1}”。可用的有：{v2}。文件需写出路径：./{v3}{RECIPE_ENDING}',
  '“{v1}” is not a release of Alpine, as {ALPINE_RELEASE} is.': '“{v1}”不是 Alpine 的版本，例如 {ALPINE_RELEASE}。',
  'Ask for {PACKAGES_MAX} packages at most; what they need comes along.':
    '最多可要求 {PACKAGES_MAX} 个软件包；它们所需的会一并带上。',
  'The mirror’s root file system has none of Alpine’s known keys, so its packages cannot be checked. The image was not built.':
    '镜像站的根文件系统中没有 Alpine 的已知密钥，因此无法校验其软件包。镜像未构建。',
  '“{v1}” is not the name of an Alpine package.': '“{v1}”不是 Alpine 软件包的名称。',
  '“{file}” cannot be unpacked. The image was not built.': '无法解压“{file}”。镜像未构建。',
  'This computer’s apt settings have no source “{name}” (they have {known}). The image was not built; add it to /etc/apt/sources.list.d, or leave it out of the recipe.':
    '本机的 apt 设置中没有软件源“{name}”（现有 {known}）。镜像未构建；请将其添加到 /etc/apt/sources.list.d，或从配方中去掉它。',
  'The packages of “{file}” could not be listed: {v1} The image was not built; see that “apt-get update” works with it, or leave it out of the recipe.':
    '无法列出“{file}”的软件包：{v1} 镜像未构建；请确认“apt-get update”可以使用它，或从配方中去掉它。',
  'Debian ({v1}) cannot install these packages together for {architecture}: {v2} The image was not built; change the packages, and try again.':
    'Debian（{v1}）无法为 {architecture} 一起安装这些软件包：{v2} 镜像未构建；请更改软件包后重试。',
  'Debian’s release “{release}” cannot be had from where this computer has its packages ({why}). The image was not built; choose another release, or add it to /etc/apt.':
    '无法从本机获取软件包的地方取得 Debian 版本“{release}”（{why}）。镜像未构建；请选择另一个版本，或将其添加到 /etc/apt。',
  'Sources are apt’s: only a recipe that begins as Debian can name them.':
    '软件源属于 apt：只有以 Debian 为基础的配方才能指定它们。',
  '“{v1}” is no file of apt’s sources: name it without folder and ending, as nodesource for /etc/apt/sources.list.d/nodesource.list.':
    '“{v1}”不是 apt 软件源的文件：请写不含文件夹和扩展名的名称，例如用 nodesource 表示 /etc/apt/sources.list.d/nodesource.list。',
  'A recipe can name {SOURCES_MAX} sources.': '一个配方最多可指定 {SOURCES_MAX} 个软件源。',
  '“{name}” is neither Alpine nor Debian: there is no release to choose.':
    '“{name}”既不是 Alpine 也不是 Debian：没有版本可选。',
  "Debian's packages could not be installed (mmdebstrap ended with {exitCode}). The image was not built.\n{errorTail}":
    '无法安装 Debian 的软件包（mmdebstrap 以 {exitCode} 结束）。镜像未构建。\n{errorTail}',
  '“{v1}” is not the name of a Debian package.': '“{v1}”不是 Debian 软件包的名称。',
  'npm could not be fetched from the npm registry. The image was not built; try again when the registry can be reached.\n{errorTail}':
    '无法从 npm 注册表获取 npm。镜像未构建；请在能连接注册表时重试。\n{errorTail}',
  '“{name}” is a container image: {how}.': '“{name}”是容器镜像：{how}。',
  'The root file system is the folder “{rootFolder}” of the tarball.':
    '根文件系统是该 tar 包中的文件夹“{rootFolder}”。',
  'The root file system was refused: the entry “{v1}”: {why}. Nothing was imported.':
    '根文件系统被拒绝：条目“{v1}”：{why}。未导入任何内容。',
  'The root file system’s tarball cannot be read: {why}. Nothing was imported; fetch or make it again.':
    '无法读取根文件系统的 tar 包：{why}。未导入任何内容；请重新获取或制作它。',
  '{what}, which no machine here could use. Nothing was imported.': '{what}，这里没有虚拟机用得上。未导入任何内容。',
  'does not exist': '不存在',
  Booting: '正在启动',
  'Starting the new machine': '正在启动新虚拟机',
  'Waiting for the prompt': '正在等待提示符',
  'Saving the base snapshot': '正在保存基础快照',
  'Running command {number} of the recipe': '正在运行配方的第 {number} 条命令',
  'First boot': '首次启动',
  'Storing files': '正在存储文件',
  'its link target is not valid': '其链接目标无效',
  'it links to “{v1}”, which is not a file before it': '它链接到“{v1}”，而那不是它之前的文件',
  'the root cannot be a file': '根不能是文件',
  'a folder with files is there already': '那里已有一个含有文件的文件夹',
  'The root file system has more than {ENTRIES_MAX} entries': '根文件系统的条目超过 {ENTRIES_MAX} 个',
  'The names in the root file system are longer than {v1} MiB together': '根文件系统中的名称总长超过 {v1} MiB',
  'it goes through a loop of links': '它经过链接的循环',
  'it goes through a file as if it were a folder': '它把文件当作文件夹经过',
  'it is nested too deeply': '它嵌套得太深',
  'its name is not valid': '其名称无效',
  'it points outside of the root file system': '它指向根文件系统之外',
  'a part of its name is too long': '其名称的一部分太长',
  'Compiling the guest agent': '正在编译客户机代理',
  'Compiling the guest kernel': '正在编译客户机内核',
  'Preparing Alpine’s kernel': '正在准备 Alpine 的内核',
  "Preparing the distribution's kernel": '正在准备发行版内核',
  'Install it with: sudo apt-get install xz-utils zstd': '请用以下命令安装：sudo apt-get install xz-utils zstd',
  'process {pid} is making it': '进程 {pid} 正在制作它',
  'Waiting for the guest kernel': '正在等待客户机内核',
  'Compiling the guest kernel needs programs that are not installed. Run: sudo apt-get install {v1}':
    '编译客户机内核需要尚未安装的程序。请运行：sudo apt-get install {v1}',
  'Removing the kernel source': '正在删除内核源代码',
  'Unpacking the kernel source': '正在解包内核源代码',
  'Configuring the guest kernel': '正在配置客户机内核',
  'layer {v1} of {length}': '第 {v1} 层，共 {length} 层',
  '{what} is neither a tarball nor a gzip, xz or zstd file': '{what} 既不是 tar 包，也不是 gzip、xz 或 zstd 文件',
  '{what} is cut off': '{what} 被截断',
  '{what} cannot be unpacked: {v1}': '无法解压 {what}：{v1}',
  'the document {digest}': '文档 {digest}',
  'its configuration': '其配置',
  'its index points at an index again and again': '其索引一再指向索引',
  'there is no image in it': '其中没有镜像',
  'it is for {v1}, not for Linux': '它用于 {v1}，而不是 Linux',
  'it has {layers} layers, and its configuration speaks of {length}': '它有 {layers} 层，而其配置说有 {length} 层',
  '“{v1}” is not in it': '其中没有“{v1}”',
  '“{v1}…” should have {size} bytes and has {sizeBytes}': '“{v1}…”应有 {size} 字节，却有 {sizeBytes} 字节',
  '{what} is larger than {v1} MiB': '{what} 大于 {v1} MiB',
  '{what} is no JSON': '{what} 不是 JSON',
  '{what} is not what a container image has there': '{what} 不是容器镜像在该处应有的内容',
  '{what} is not what its digest says ({v1}…)': '{what} 与其摘要不符（{v1}…）',
  'it takes away what is no file’s name': '它要移除的不是文件名',
  'what was fetched in two parts does not fit together': '分两部分获取的内容不相符',
  'the server has less of it than was fetched before': '服务器上的内容比先前获取的少',
  'the server answered {status}': '服务器返回 {status}',
  'the connection ended too early': '连接过早结束',
  'Debian’s files could not be kept': '无法保存 Debian 的文件',
  '“{url}” could not be kept': '无法保存“{url}”',
  'the server fell silent': '服务器不再响应',
  'it ends too early': '它过早结束',
  'it is not a gzip file': '它不是 gzip 文件',
  'it cannot be unpacked': '无法解压',
  'Alpine’s list of scripts': 'Alpine 的脚本列表',
  'Asking the mirror for Alpine': '正在向镜像站询问 Alpine',
  'Fetching Alpine': '正在获取 Alpine',
  '“{href}” leads to an address that is not of the web, which was not followed.':
    '“{href}”指向的不是网络地址，未予跟随。',
  '“{href}” leads to an address without encryption, which was not followed.': '“{href}”指向未加密的地址，未予跟随。',
  '“{href}” leads to an address of this computer or its own network, which was not followed. Try another mirror.':
    '“{href}”指向本机或其所在网络的地址，未予跟随。请换一个镜像站。',
  '“{url}” leads to what is no address, which was not followed.': '“{url}”指向的不是地址，未予跟随。',
  '“{url}” leads from address to address without end. It was given up.': '“{url}”不断转向其他地址，没有尽头，已放弃。',
  '{what} is older than the one that was fetched before, which is used.': '{what}比先前获取的更旧，仍使用先前的。',
  'Alpine’s package index “{repository}”': 'Alpine 的软件包索引“{repository}”',
  'Fetching Alpine’s package lists': '正在获取 Alpine 的软件包列表',
  'Fetching Alpine’s packages': '正在获取 Alpine 的软件包',
  'The package “{name}-{version}”': '软件包“{name}-{version}”',
  'process {pid} is using the package cache': '进程 {pid} 正在使用软件包缓存',
  'Waiting for another build': '正在等待另一个构建',
  'Fetching package lists': '正在获取软件包列表',
  'Downloading {v1}': '正在下载 {v1}',
  'Downloading {length} Debian packages': '正在下载 {length} 个 Debian 软件包',
  'Debian’s suite {suite} is left out: {v1}': '已略去 Debian 的套件 {suite}：{v1}',
  'Debian’s suite {suite} is left out, its packages do not fit its index: {why}':
    '已略去 Debian 的套件 {suite}，其软件包与其索引不符：{why}',
  'The package lists are {days} days old, and could not be renewed: {message}':
    '软件包列表已有 {days} 天未更新，且无法更新：{message}',
  'apt-get ended with status {exitCode}': 'apt-get 以状态 {exitCode} 结束',
  'Install it with: sudo apt-get install dpkg': '请用以下命令安装：sudo apt-get install dpkg',
  'Linux, compiled once': 'Linux，编译一次',
  'Debian’s Linux': 'Debian 的 Linux',
  'Alpine’s Linux': 'Alpine 的 Linux',
  'busybox and SeaBIOS': 'busybox 和 SeaBIOS',
  'Debian and {length} packages': 'Debian 和 {length} 个软件包',
  'Alpine’s minimal system': 'Alpine 的最小系统',
  'Where the file goes in the machine is missing. This is how: {example}':
    '缺少该文件在虚拟机中的位置。写法如下：{example}',
  '“{v1}” is one word too many. This is how: {example}': '“{v1}”多了一个词。写法如下：{example}',
  'Installing Alpine’s packages': '正在安装 Alpine 的软件包',
  'The debian recipe is made with it: sudo apt-get install mmdebstrap arch-test':
    'debian 配方由它制成：sudo apt-get install mmdebstrap arch-test',
  'Installing Debian packages': '正在安装 Debian 软件包',
  'Fetching npm': '正在获取 npm',
  'npm comes with Node.js: install Node 20.19 or newer.': 'npm 随 Node.js 提供：请安装 Node 20.19 或更新版本。',
  'its one layer was taken': '取用了它唯一的一层',
  'its {length} layers were laid over each other': '它的 {length} 层已叠加在一起',
  'more than {IN_A_ROW_MAX} headers follow each other without any entry':
    '连续有超过 {IN_A_ROW_MAX} 个头而没有任何条目',
  'a name in it is longer than {LONG_NAME_MAX_BYTES} bytes': '其中一个名称超过 {LONG_NAME_MAX_BYTES} 字节',
  'a pax header in it is larger than 1 MiB': '其中一个 pax 头大于 1 MiB',
  'it is cut off in a header': '它在一个头中被截断',
  'a pax header in it gives all entries one “{v1}”': '其中一个 pax 头给所有条目同一个“{v1}”',
  'its {key} in the pax header is no number': '其 pax 头中的 {key} 不是数字',
  'a pax header in it is not written as the standard says': '其中一个 pax 头未按标准书写',
  'it is cut off': '它被截断',
  'what it says of its holes does not fit its content': '它所说的空洞与其内容不符',
  'the header at byte {at} has a wrong checksum': '字节 {at} 处的头校验和错误',
  'the header at byte {at} has no number where the {what} stands': '字节 {at} 处的头在 {what} 的位置没有数字',
  'it says that it is smaller than nothing': '它自称小于零',
  'it says that it is larger than any disk': '它自称比任何磁盘都大',
  'its owner is no number that Linux has': '其所有者不是 Linux 所有的编号',
  'it is cut off: the mark at its end is missing': '它被截断：缺少结尾标记',
  'it ends at byte {at} with a name or a pax header that no entry follows':
    '它在字节 {at} 处以一个名称或 pax 头结束，其后没有条目',
  'it has holes, but is no file': '它有空洞，但不是文件',
  'it is cut off in “{name}”': '它在“{name}”中被截断',
  'it is of a kind (“{type}”) that is not known': '其种类（“{type}”）未知',
  'it claims to hold {sizeBytes} bytes, but only a file can': '它自称有 {sizeBytes} 字节，但只有文件才能有',
  'it is named like a folder and has content like a file': '它的名称像文件夹，内容却像文件',
  'there is an empty block in the middle of it, at byte {at}': '其中间字节 {at} 处有一个空块',
  'it is cut off in “{entry}”': '它在“{entry}”中被截断',
  'The tarball has more than {MEMBERS_MAX} entries': '该 tar 包的条目超过 {MEMBERS_MAX} 个',
  'it links to a file outside of the root file system': '它链接到根文件系统之外的文件',
  '“{v1}” in the tarball is larger than {v2} GiB': 'tar 包中的“{v1}”大于 {v2} GiB',
  'The files in the tarball are larger than {v1} GiB together': 'tar 包中的文件总共大于 {v1} GiB',
};
