# lib.fileset: sets are lists of files and folders here.
rec {
  unions = builtins.concatMap (set: if builtins.isList set then set else [ set ]);

  toSource =
    { root, fileset }:
    let
      wanted = map (
        path:
        if builtins.pathExists path then toString path else throw "there is no ${toString path}"
      ) fileset;
      isBelow =
        path: folder: builtins.substring 0 (builtins.stringLength folder + 1) path == "${folder}/";
      isWanted =
        path:
        builtins.any (entry: path == entry || isBelow path entry || isBelow entry path) wanted;
    in
    builtins.path {
      name = "source";
      path = root;
      filter = path: _: isWanted path;
    };
}
