import classes from "./Tag.module.css";

/** A word that sorts a thing: a scope, "you", "this one". */
export const Tag = ({ children }: { children: string }) => <span className={classes.tag}>{children}</span>;
