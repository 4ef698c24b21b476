import { useState } from "react";

interface Props {
  title: string;
  onDone?: () => void;
}

export function Page({ title }: Props) {
  const [open, setOpen] = useState(false);
  return <h1 onClick={() => setOpen(!open)}>{title}</h1>;
}

export const Memo = function Inner() { return <Page title="x" />; };
