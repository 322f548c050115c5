/** What the annotator tells the element it was given: that it shows a picture, or why there is none. */
export const SHOWN = "cvw-shown";
