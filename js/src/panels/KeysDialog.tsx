import { Dialog } from "./Dialog";
import { KeysTable } from "./KeysTable";

export function KeysDialog() {
  return (
    <Dialog name="keys" title="Keys" wide>
      <KeysTable />
    </Dialog>
  );
}
