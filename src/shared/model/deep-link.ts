/** What a `terrarium://` link asks for. A person is always asked first; `refused` says in words why nothing is done. */
export type DeepLink =
  | { readonly kind: 'open'; readonly vm: string }
  | { readonly kind: 'fork'; readonly snapshot: string }
  | { readonly kind: 'refused'; readonly message: string };
