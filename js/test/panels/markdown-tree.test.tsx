// @vitest-environment happy-dom
import fc from "fast-check";
import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, describe, expect, it } from "vitest";
import { MarkdownTree, safeAddress } from "../../src/panels/review/MarkdownTree";

let host: HTMLElement;

beforeEach(() => {
  host = document.createElement("div");
});

function show(blocks: unknown): void {
  const Picture = ({ name, alt }: { name: string; alt: string }) => <img data-name={name} alt={alt} />;
  act(() => render(<MarkdownTree blocks={blocks} Picture={Picture} />, host));
}

const ELEMENTS = new Set(
  "p ul ol li blockquote em strong del h3 h4 h5 h6 pre code hr br a img table thead tbody tr th td div".split(" "),
);
const ATTRIBUTES = new Set("class start href target rel data-name alt style".split(" "));

function harmless(): void {
  for (const element of host.querySelectorAll("*")) {
    expect(ELEMENTS).toContain(element.tagName.toLowerCase());
    for (const { name, value } of element.attributes) {
      expect(ATTRIBUTES).toContain(name);
      if (name === "href") expect(value).toMatch(/^https?:\/\/[^/]/);
      if (name === "style") expect(value).toMatch(/^text-align: ?(left|center|right);?$/);
    }
  }
}

describe("the guide", () => {
  it("is shown as it was written", () => {
    show([
      { t: "h", level: 1, c: ["Cars"] },
      { t: "p", c: ["Only ", { t: "strong", c: ["whole"] }, " ones, see ", { t: "a", href: "https://e.org/x", c: ["here"] }] },
      { t: "ol", start: 3, c: [{ t: "li", c: [{ t: "p", c: ["third"] }] }] },
      { t: "pre", text: "<b>" },
      { t: "table", align: ["right", "evil"], head: [["a"], ["b"]], rows: [[["1"], [{ t: "code", text: "2" }]]] },
      { t: "p", c: [{ t: "img", name: "how.png", alt: "how" }] },
    ]);
    expect(host.innerHTML).toBe(
      '<h3 class="cvw-guide-h1">Cars</h3>' +
        "<p>Only <strong>whole</strong> ones, see " +
        '<a href="https://e.org/x" target="_blank" rel="noopener noreferrer nofollow">here</a></p>' +
        '<ol start="3"><li><p>third</p></li></ol>' +
        "<pre><code>&lt;b&gt;</code></pre>" +
        '<div class="cvw-guide-table"><table><thead><tr><th style="text-align: right;">a</th><th>b</th></tr></thead>' +
        '<tbody><tr><td style="text-align: right;">1</td><td><code>2</code></td></tr></tbody></table></div>' +
        '<p><img data-name="how.png" alt="how"></p>',
    );
    harmless();
  });

  it("has links to the web and to nothing else", () => {
    for (const href of ["javascript:alert(1)", " javascript:x", "data:text/html,x", "//e.org", "/x", "https://", 5, null, {}]) {
      expect(safeAddress(href)).toBeNull();
      show([{ t: "a", href, c: ["words"] }]);
      expect(host.innerHTML).toBe("words");
    }
    expect(safeAddress("HTTPS://e.org/a b")).toBe("https://e.org/a%20b");
  });

  it("makes no element that it does not know, whatever comes", () => {
    const name = fc.oneof(
      fc.constantFrom("p", "h", "a", "img", "table", "ol", "pre", "code", "li", "quote", "br"),
      fc.constantFrom("script", "iframe", "__proto__", "constructor", "svg", "style"),
      fc.string(),
    );
    const address = fc.oneof(fc.constantFrom("javascript:alert(1)", "https://e.org", "data:x"), fc.webUrl(), fc.string());
    const junk = fc.anything({ maxDepth: 1, maxKeys: 3 });
    const { tree } = fc.letrec((tie) => ({
      tree: fc.array(fc.oneof({ maxDepth: 3 }, fc.string(), junk, tie("node")), { maxLength: 3 }),
      node: fc.record(
        {
          t: name,
          c: tie("tree"),
          href: fc.oneof(address, junk),
          name: fc.oneof(fc.string(), junk),
          alt: fc.string(),
          text: fc.oneof(fc.string(), junk),
          level: junk,
          start: junk,
          align: junk,
          head: fc.array(tie("tree"), { maxLength: 2 }),
          rows: fc.array(fc.array(tie("tree"), { maxLength: 2 }), { maxLength: 2 }),
          onclick: fc.string(),
          dangerouslySetInnerHTML: fc.constant({ __html: "<script>1</script>" }),
        },
        { requiredKeys: ["t"] },
      ),
    }));
    fc.assert(
      fc.property(tree, (blocks) => {
        show(JSON.parse(JSON.stringify(blocks) ?? "null"));
        harmless();
      }),
      { numRuns: 60 },
    );
  });

  it("ends somewhere, however deep it goes", () => {
    let node: object = { t: "p", c: ["x"] };
    for (let i = 0; i < 3000; i++) node = { t: "quote", c: [node] };
    show([node]);
    expect(host.querySelectorAll("blockquote").length).toBeLessThan(70);
  });
});
