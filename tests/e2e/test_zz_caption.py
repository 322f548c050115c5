from tests.e2e.test_replay import SETUP, run_cell, AnnotatorPage
def test_caption_look(open_notebook, tmp_path):
    notebook = open_notebook([SETUP.format(store=str(tmp_path / "a.sqlite"))], width=1200, theme="dark")
    run_cell(notebook, 0)
    page = AnnotatorPage(notebook)
    notebook.execute("annotator.draw('rectangle', [196, 222, 246, 352], label='person', track=True, frame=0, wait=True); annotator.go_to(9, wait=True); annotator.do('split', slow=True)")
    page.page.wait_for_selector(".cvw-hand-caption")
    page.page.wait_for_timeout(900)
    notebook.screenshot("zz-caption")
