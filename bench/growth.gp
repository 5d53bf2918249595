# Draws what growth.py has measured: gnuplot -c growth.gp FIGURES PICTURE. Called by bench/growth.sh.
set terminal pngcairo size 1500,620 noenhanced font 'Sans,12' background '#ffffff'
set output ARG2

last = 6  # columns: the size, then a system each
array ink[last] = ['', '#0072b2', '#e69f00', '#8c564b', '#009e73', '#cc79a7']
array mark[last] = [0, 7, 5, 9, 13, 11]
width(column) = column == 2 ? 3.5 : 1.8
size(column) = column == 2 ? 1.3 : 1.0

array label[3] = ['samples (16 features, 16 clusters)', 'features (20,000 samples, 16 clusters)', \
                  'clusters (20,000 samples, 16 features)']

array first[3]
array final[3]
do for [panel = 1:3] {
  stats ARG1 index panel - 1 using 1 nooutput
  first[panel] = STATS_min / 1.2
  final[panel] = STATS_max * 1.2
}

# The same range of times for all three, so that they can be compared.
least = 1e9
largest = 0
do for [column = 2:last] {
  stats ARG1 using column nooutput
  least = STATS_min < least ? STATS_min : least
  largest = STATS_max > largest ? STATS_max : largest
}
set yrange [least / 1.5 : largest * 1.5]

set logscale xy
set border 3 linecolor '#666666'
set tics nomirror textcolor '#444444'
set mxtics 10
set mytics 10
set format x '%g'
set ytics ('0.01 ms' 1e-2, '0.1 ms' 0.1, '1 ms' 1, '10 ms' 10, '0.1 s' 1e2, '1 s' 1e3, '10 s' 1e4, '100 s' 1e5)
set xtics add ('1,000' 1e3, '10,000' 1e4, '100,000' 1e5, '1,000,000' 1e6)
set grid xtics ytics linecolor '#dddddd' linetype 1 linewidth 0.8
set tmargin at screen 0.89
set bmargin at screen 0.19
set key off

set multiplot
set label 1 'K-means, float32: time for 20 iterations from the same centres' at screen 0.5, 0.95 center font 'Sans,16'
do for [panel = 1:3] {
  set lmargin at screen 0.045 + 0.325 * (panel - 1)
  set rmargin at screen 0.325 + 0.325 * (panel - 1)
  set xrange [first[panel] : final[panel]]
  set xlabel label[panel]
  # The first system is drawn last: it lies on top.
  plot for [column = last:2:-1] ARG1 index panel - 1 using 1:column with linespoints \
    linewidth width(column) pointtype mark[column] pointsize size(column) linecolor rgb ink[column]
  unset label 1
}

# A legend as wide as the picture needs a plot as wide, of nothing.
set lmargin at screen 0
set rmargin at screen 1
set key at screen 0.5, 0.03 center bottom horizontal reverse Left samplen 2.5 width 2
unset border
unset tics
unset xlabel
set yrange [1:2]
plot for [column = 2:last] ARG1 using (NaN):column with linespoints linewidth width(column) pointtype mark[column] \
  pointsize size(column) linecolor rgb ink[column] title columnheader(column)
unset multiplot
