export * from "./suites.ts";
