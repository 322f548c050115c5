/** What was said about an issue, and what can be done about it. */
import { useState } from "preact/hooks";
import { ago, type Comment, type Issue } from "../../review/issues";
import { reviewOf } from "../../review/model";
import { useAnnotator } from "../context";
import { IconButton } from "../IconButton";
import { CircleCheck, Pencil, RotateCcw, Trash2 } from "./icons";
import { MessageField } from "./MessageField";

export function Moment({ at }: { readonly at: string }) {
  return (
    <time class="cvw-muted" dateTime={at} title={new Date(at).toLocaleString()}>
      {ago(at, Date.now())}
    </time>
  );
}

export function IssueThread({ issue }: { readonly issue: Issue }) {
  const { editor } = useAnnotator();
  const review = reviewOf(editor);
  const [removing, setRemoving] = useState(false);
  const { readOnly } = editor.info;
  return (
    <div class="cvw-thread" data-testid={`thread-${issue.id}`}>
      <ol class="cvw-comments" aria-label={`What was said about issue ${issue.id}`}>
        {issue.comments.map((comment, index) => (
          <Said key={comment.id} issue={issue} comment={comment} first={index === 0} />
        ))}
      </ol>
      {!readOnly && (
        <>
          <MessageField
            key={issue.id}
            label="Answer"
            send="Answer"
            onSend={(message) => review.comment(issue, message)}
            testId="answer"
          />
          <div class="cvw-thread-buttons">
            <button type="button" class="cvw-button" onClick={() => void review.setResolved(issue, !issue.resolved)}>
              {issue.resolved ? <RotateCcw size={15} aria-hidden="true" /> : <CircleCheck size={15} aria-hidden="true" />}
              {issue.resolved ? "Reopen" : "Resolve"}
            </button>
            <span class="cvw-spring" />
            {removing ? (
              <button type="button" class="cvw-button cvw-danger" onClick={() => void review.remove(issue)}>
                Remove it with all answers
              </button>
            ) : (
              <IconButton icon={Trash2} label="Remove the issue" small onClick={() => setRemoving(true)} />
            )}
          </div>
        </>
      )}
    </div>
  );
}

interface SaidProps {
  readonly issue: Issue;
  readonly comment: Comment;
  readonly first: boolean;
}

function Said({ issue, comment, first }: SaidProps) {
  const { editor } = useAnnotator();
  const review = reviewOf(editor);
  const [editing, setEditing] = useState(false);
  const own = comment.owner === editor.info.user && !editor.info.readOnly;
  const save = async (message: string): Promise<boolean> => {
    const saved = await review.editComment(issue, comment.id, message);
    if (saved) setEditing(false);
    return saved;
  };
  return (
    <li class="cvw-comment">
      <div class="cvw-comment-head">
        <strong class="cvw-ellipsis">{comment.owner}</strong>
        <Moment at={comment.created} />
        {comment.updated !== comment.created && <span class="cvw-muted">changed</span>}
        <span class="cvw-spring" />
        {own && !editing && <IconButton icon={Pencil} label="Change the comment" small onClick={() => setEditing(true)} />}
        {own && !editing && !first && (
          <IconButton
            icon={Trash2}
            label="Remove the comment"
            small
            onClick={() => void review.editComment(issue, comment.id, null)}
          />
        )}
      </div>
      {editing ? (
        <MessageField
          label="The comment"
          send="Save"
          value={comment.message}
          focused
          onSend={save}
          onCancel={() => setEditing(false)}
          testId="comment-text"
        />
      ) : (
        <p class="cvw-comment-text">{comment.message}</p>
      )}
    </li>
  );
}
