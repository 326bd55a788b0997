/** What the errors of the folder of `--data` say; see `FolderUse`. */
export const DATA_FOLDER = {
  kind: 'data folder',
  wayOut: 'choose another one with --data or SIGNALBOX_DATA',
} as const;
